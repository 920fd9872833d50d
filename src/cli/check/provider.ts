import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '@alongside/kernel/clock';
import type { JourneyEvent } from '@alongside/kernel/events';
import { OperatorError } from '@alongside/kernel/operator';
import type { AgentStatus } from '../../../identity-agent/protocol.ts';
import type { DeliveriesAnswer, DeliveryAnswer, SessionAnswer, SessionsAnswer } from '../../cis2/protocol.ts';
import type { FoundRefusal } from '../../storage/refusals.ts';
import { type InstanceApi, RefusedCall } from '../instance.ts';

/** Of a registration at CIS2 what the checks use. */
export interface Registration {
  clientId: string;
  redirectUris: string[];
  backchannelLogoutUri?: string | null;
}

interface FaultAnswer {
  name: string;
  state: { next?: number } | null;
}

/** Refusals that the registration of an application causes, and nothing that it does. */
const ofRegistration: readonly string[] = [
  'authorisation.appNotApproved',
  'authorisation.notSubscribed',
  'authorisation.developerInactive',
  'authorisation.companyInactive',
  'authorisation.noScope',
  'gateway.noProductMatch',
  'gateway.missingAsid',
];

/** How long CIS2 may take for the first attempt to tell of an ended session, in milliseconds. */
const deliveryPatience = 15_000;

/** The instance on the other side of the application: desk, faults, keys, sessions. */
export class ProviderSide {
  readonly #api: InstanceApi;
  readonly #signal: AbortSignal;
  readonly pin: string;
  readonly persona: string;

  constructor(
    api: InstanceApi,
    { persona, pin, signal }: { persona: string; pin: string; signal: AbortSignal },
  ) {
    this.#api = api;
    this.#signal = signal;
    this.pin = pin;
    this.persona = persona;
  }

  /** Throws OperatorError unless the instance has faults to switch on. */
  async demandDevelopment(): Promise<void> {
    const { status } = await this.#api.call('GET', '/faults');
    if (status === 404)
      throw new OperatorError(
        'The checks switch on faults of CIS2, which production does not have: run them against an instance of "alongside up".',
      );
  }

  /** Addresses of the instance. */
  async urls(): Promise<{ api: string; cis2Issuer: string }> {
    return (await this.#api.must<{ urls: { api: string; cis2Issuer: string } }>('GET', '/state')).urls;
  }

  person(): Promise<{ uid: string; familyName: string }> {
    return this.#api.must('GET', `/people/${encodeURIComponent(this.persona)}`);
  }

  /** Card into the reader and PIN given, so that the next sign-in asks for nothing. */
  async signInAtDesk(): Promise<void> {
    await this.#api.must('PUT', '/readers/0/card', { card: this.persona });
    let status = await this.#api.must<AgentStatus>('GET', '/agent');
    if (status.question === 'pin') {
      const answer = await this.#api.call('POST', '/agent/pin', { pin: this.pin });
      if (answer.status >= 300) throw new RefusedCall(answer);
      status = answer.body as unknown as AgentStatus;
    }
    if (status.question === 'role')
      status = await this.#api.must('POST', '/agent/role', { roleId: status.roles[0]?.roleId });
    if (status.state !== 'signedIn')
      throw new OperatorError(
        `${this.persona} cannot be signed in at the Identity Agent (${status.reason ?? status.state}); choose another with --person.`,
      );
  }

  /** The registration of a client id; undefined when this instance has none. */
  async registration(clientId: string): Promise<Registration | undefined> {
    const { applications } = await this.#api.must<{ applications: { cis2: Registration | null }[] }>(
      'GET',
      '/applications',
    );
    return applications.find(({ cis2 }) => cis2?.clientId === clientId)?.cis2 ?? undefined;
  }

  async sessionsWith(clientId: string): Promise<SessionAnswer[]> {
    const query = `?person=${encodeURIComponent(this.persona)}`;
    const { sessions } = await this.#api.must<SessionsAnswer>('GET', `/sessions${query}`);
    return sessions.filter(({ clients }) => clients.includes(clientId));
  }

  endSession(sid: string): Promise<unknown> {
    return this.#api.must('DELETE', `/sessions/${encodeURIComponent(sid)}`);
  }

  /** What came of telling a client that a session ended, after the first attempt; undefined when it is not told in time. */
  async delivery(sid: string, clientId: string): Promise<DeliveryAnswer | undefined> {
    const until = systemClock.now() + deliveryPatience;
    for (;;) {
      const { deliveries } = await this.#api.must<DeliveriesAnswer>('GET', '/logout-deliveries');
      const found = deliveries.find((one) => one.sid === sid && one.clientId === clientId);
      if (found && found.result !== '') return found;
      if (systemClock.now() > until) return undefined;
      await pause(50, undefined, { signal: this.#signal });
    }
  }

  /** A new key signs from now on. */
  rotateKeys(): Promise<unknown> {
    return this.#api.must('POST', '/keys/cis2/rotate', { now: true });
  }

  /** Number of the newest event. */
  async newestEvent(): Promise<number> {
    return (await this.eventsSince(0)).at(-1)?.seq ?? 0;
  }

  /** What happened after an event. */
  async eventsSince(seq: number): Promise<JourneyEvent[]> {
    const all: JourneyEvent[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? seq;
      const { events } = await this.#api.must<{ events: JourneyEvent[] }>('GET', `/events?since=${after}`);
      if (events.length === 0) return all;
      all.push(...events);
    }
  }

  /** The stored reason of a refusal; undefined when there is none. */
  async refusal(messageId: string): Promise<FoundRefusal | undefined> {
    const answer = await this.#api.call('GET', `/refusals/${encodeURIComponent(messageId)}`);
    return answer.status === 200 ? (answer.body as unknown as FoundRefusal) : undefined;
  }

  /** The refusals of the API platform after an event that only the registration of the application can cause. */
  async registrationRefusals(seq: number): Promise<string[]> {
    const events = await this.eventsSince(seq);
    return events
      .map(({ detail }) => String(detail.reason ?? detail.rule ?? ''))
      .filter((reason) => ofRegistration.includes(reason));
  }

  /** The serial of the card in the reader. */
  async cardInReader(): Promise<string | undefined> {
    return (await this.#api.must<{ card: { serial: string } | null }>('GET', '/readers/0')).card?.serial;
  }

  /** Puts a card back, or takes out what is in the reader. */
  async leaveReader(serial: string | undefined): Promise<void> {
    if ((await this.cardInReader()) === serial) return;
    if (serial === undefined) await this.#api.must('DELETE', '/readers/0/card');
    else await this.#api.must('PUT', '/readers/0/card', { card: serial });
  }

  /** Runs something while a fault is on, and takes it off whatever happens. `met` tells whether the application met it; always so when it is on for good. */
  async withFault<T>(
    name: string,
    state: { next?: number },
    run: () => Promise<T>,
  ): Promise<{ result: T; met: boolean }> {
    await this.#api.must('PUT', `/faults/${name}`, state);
    try {
      const result = await run();
      const { faults } = await this.#api.must<{ faults: FaultAnswer[] }>('GET', '/faults');
      const left = faults.find((fault) => fault.name === name)?.state ?? null;
      const { next } = state;
      return { result, met: next === undefined || left === null || (left.next ?? 0) < next };
    } finally {
      await this.#api.must('DELETE', `/faults/${name}`);
    }
  }
}
