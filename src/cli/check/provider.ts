import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '@alongside/kernel/clock';
import type { JourneyEvent } from '@alongside/kernel/events';
import { OperatorError } from '@alongside/kernel/operator';
import type { DeliveryAnswer, SessionAnswer } from '../../cis2/protocol.ts';
import { signingApi, signingBasePath } from '../../signing/protocol.ts';
import type { FoundRefusal } from '../../storage/refusals.ts';
import type { InstanceApi } from '../instance.ts';

/** The part of a registration at CIS2 that the checks use. */
export interface Registration {
  clientId: string;
  redirectUris: string[];
  backchannelLogoutUri?: string | null;
}

type Addresses = Readonly<Record<'api' | 'cis2Issuer' | 'sample', string>>;

/** Refusals that are caused only by an application's registration. */
const ofRegistration: readonly string[] = [
  'authorisation.appNotApproved',
  'authorisation.notSubscribed',
  'authorisation.developerInactive',
  'authorisation.companyInactive',
  'authorisation.noScope',
  'gateway.noProductMatch',
  'gateway.missingAsid',
];

/** Milliseconds that the end of a session, and the first notification of it, may take. */
const endTimeout = 15_000;

/** Milliseconds that an application may take to fetch signatures after the browser has returned. */
const signaturesTimeout = 3_000;

/** The instance that the application uses: reader, faults, keys, sessions. */
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

  /** Throws OperatorError unless the instance supports faults. */
  async demandDevelopment(): Promise<void> {
    const { status } = await this.#api.call('GET', '/faults');
    if (status === 404)
      throw new OperatorError(
        'The checks switch on faults of CIS2, which production does not have: run them against an instance of "alongside up".',
      );
  }

  /** Returns the addresses and the time of the instance. */
  state(): Promise<{ urls: Addresses; clock: { now: string } }> {
    return this.#api.must('GET', '/state');
  }

  /** Returns the origins of the instance, without the sample application. */
  async origins(): Promise<ReadonlySet<string>> {
    const { sample: _, ...urls } = (await this.state()).urls;
    return new Set(Object.values(urls).flatMap((url) => (URL.canParse(url) ? [new URL(url).origin] : [])));
  }

  person(): Promise<{ uid: string; familyName: string }> {
    return this.#api.must('GET', '/people/{uid}', { path: { uid: this.persona } });
  }

  /** Inserts the card and enters the PIN, so that the next sign-in has no prompt. */
  async signInAtDesk(): Promise<void> {
    await this.#api.must('PUT', '/readers/0/card', { body: { card: this.persona } });
    let status = await this.#api.must('GET', '/agent');
    if (status.question === 'pin') {
      status = await this.#api.must('POST', '/agent/pin', { body: { pin: this.pin } });
    }
    if (status.question === 'role')
      status = await this.#api.must('POST', '/agent/role', {
        body: { roleId: status.roles[0]?.roleId ?? '' },
      });
    if (status.state !== 'signedIn')
      throw new OperatorError(
        `${this.persona} cannot be signed in at the Identity Agent (${status.reason ?? status.state}); choose another with --person.`,
      );
  }

  /** Returns the registration of a client id; undefined for a client id that this instance does not know. */
  async registration(clientId: string): Promise<Registration | undefined> {
    const { applications } = await this.#api.must('GET', '/applications');
    return applications.find(({ cis2 }) => cis2?.clientId === clientId)?.cis2 ?? undefined;
  }

  /** Returns where users of an application return after the presence check of the signing service. */
  async signingCallback(clientId: string): Promise<string | undefined> {
    const { applications } = await this.#api.must('GET', '/applications');
    const platform = applications.find((one) =>
      [one.cis2?.clientId, one.platform?.clientId].includes(clientId),
    )?.platform;
    return platform?.signingCallbackUrl ?? platform?.callbackUrls[0];
  }

  /** Returns the refusal of a request for signatures after an event; undefined if none was refused. */
  async signingRefusal(seq: number) {
    const path = `${signingBasePath}/signaturerequest`;
    if (!(await this.#signingCalls(seq, '/signaturerequest')).some(({ outcome }) => outcome !== 'ok'))
      return undefined;
    const { refusals } = await this.#api.must('GET', '/refusals');
    return refusals.find((refusal) => refusal.path === path);
  }

  /** Returns whether an application got signatures after an event. */
  async fetchedSignatures(seq: number): Promise<boolean> {
    const fetched = await this.#until(async () => {
      const calls = await this.#signingCalls(seq, '/signatureresponse/{token}');
      return calls.some(({ outcome }) => outcome === 'ok') || undefined;
    }, signaturesTimeout);
    return fetched ?? false;
  }

  async #signingCalls(seq: number, operation: string): Promise<JourneyEvent[]> {
    const events = await this.eventsSince(seq);
    return events.filter(({ detail }) => detail.api === signingApi && detail.operation === operation);
  }

  async sessionsWith(clientId: string): Promise<SessionAnswer[]> {
    return (await this.#sessions()).filter(({ clients }) => clients.includes(clientId));
  }

  async #sessions(): Promise<SessionAnswer[]> {
    return (await this.#api.must('GET', '/sessions', { query: { person: this.persona } })).sessions;
  }

  endSession(sid: string): Promise<unknown> {
    return this.#api.must('DELETE', '/sessions/{sid}', { path: { sid } });
  }

  /** Returns the result of the first notification of a client about an ended session; undefined after the time limit. */
  delivery(sid: string, clientId: string): Promise<DeliveryAnswer | undefined> {
    return this.#until(async () => {
      const { deliveries } = await this.#api.must('GET', '/logout-deliveries');
      return deliveries.find((one) => one.sid === sid && one.clientId === clientId && one.result !== '');
    });
  }

  /** Asks until there is a value; undefined after the time limit. */
  async #until<T>(ask: () => Promise<T | undefined>, timeout = endTimeout): Promise<T | undefined> {
    const until = systemClock.now() + timeout;
    for (;;) {
      const value = await ask();
      if (value !== undefined || systemClock.now() > until) return value;
      await pause(50, undefined, { signal: this.#signal });
    }
  }

  /** Makes CIS2 sign with a new key. */
  rotateKeys(): Promise<unknown> {
    return this.#api.must('POST', '/keys/{service}/rotate', {
      path: { service: 'cis2' },
      body: { now: true },
    });
  }

  async newestEvent(): Promise<number> {
    return (await this.eventsSince(0)).at(-1)?.seq ?? 0;
  }

  async eventsSince(seq: number): Promise<JourneyEvent[]> {
    const all: JourneyEvent[] = [];
    for (;;) {
      const after = all.at(-1)?.seq ?? seq;
      const { events } = await this.#api.must('GET', '/events', { query: { since: String(after) } });
      if (events.length === 0) return all;
      all.push(...events);
    }
  }

  /** Returns the stored reason of a refusal; undefined if none is stored. */
  async refusal(messageId: string): Promise<FoundRefusal | undefined> {
    const path = `/refusals/${encodeURIComponent(messageId)}`;
    const { status, body } = await this.#api.call<FoundRefusal>('GET', path);
    return status === 200 ? body : undefined;
  }

  /** Returns the API platform's refusals after an event that only the application's registration can cause. */
  async registrationRefusals(seq: number): Promise<string[]> {
    const events = await this.eventsSince(seq);
    return events
      .map(({ detail }) => String(detail.reason ?? detail.rule ?? ''))
      .filter((reason) => ofRegistration.includes(reason));
  }

  /** Returns whether the API platform, after an event, refused an ID token because it names no key. */
  async refusedUnnamedKey(seq: number): Promise<boolean> {
    const events = await this.eventsSince(seq);
    return events.some(({ detail }) => detail.reason === 'authorisation.subjectKidMissing');
  }

  /** Returns whether the API platform, after an event, refused tokens of an application at an API or at its token endpoint. */
  async refusedCalls(seq: number): Promise<boolean> {
    const events = await this.eventsSince(seq);
    return events.some(
      ({ name, outcome }) =>
        outcome === 'refused' && /^(?:gateway\.|authorisation\.(?:refresh|token))/.test(name),
    );
  }

  async cardInReader(): Promise<string | undefined> {
    return (await this.#api.must('GET', '/readers/0')).card?.serial;
  }

  /** Removes the card, and waits until the sessions that depend on it have ended and their clients were told: that takes a moment. */
  async removeCard(): Promise<void> {
    const ofCard = (await this.#sessions()).flatMap(({ cisSessionId, sid }) =>
      cisSessionId === null ? [] : [sid],
    );
    await this.leaveReader(undefined);
    await this.#until(async () => {
      if ((await this.#sessions()).some(({ cisSessionId }) => cisSessionId !== null)) return undefined;
      const { deliveries } = await this.#api.must('GET', '/logout-deliveries');
      const wanted = deliveries.filter(({ sid }) => ofCard.includes(sid));
      // The newest session is that of the sign-in before: the platform is always told of its end.
      const isPromised = ofCard.length === 0 || wanted.some(({ sid }) => sid === ofCard[0]);
      return (isPromised && wanted.every(({ triedAt }) => triedAt !== null)) || undefined;
    });
  }

  /** Restores the card in the reader, or removes it. */
  async leaveReader(serial: string | undefined): Promise<void> {
    if ((await this.cardInReader()) === serial) return;
    if (serial === undefined) await this.#api.must('DELETE', '/readers/0/card');
    else await this.#api.must('PUT', '/readers/0/card', { body: { card: serial } });
  }

  /**
   * Runs work while a fault is on, and always switches it off. `met`: whether the application met it, always true for a
   * permanent fault.
   */
  async withFault<T>(
    name: string,
    state: { next?: number },
    run: () => Promise<T>,
  ): Promise<{ result: T; met: boolean }> {
    await this.#api.must('PUT', '/faults/{name}', { path: { name }, body: state });
    try {
      const result = await run();
      const { faults } = await this.#api.must('GET', '/faults');
      const left = faults.find((fault) => fault.name === name)?.state ?? null;
      const { next } = state;
      return { result, met: next === undefined || left === null || (left.next ?? 0) < next };
    } finally {
      await this.#api.must('DELETE', '/faults/{name}', { path: { name } });
    }
  }
}
