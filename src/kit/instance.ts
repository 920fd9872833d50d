import { systemClock } from '@alongside/kernel/clock';
import { OperatorError } from '@alongside/kernel/operator';
import { Browser } from './browser.ts';
import { ConsoleApi } from './console-api.ts';
import { insertCard, signInAtDesk } from './desk.ts';
import { type InstanceState, readVariables } from './environment.ts';
import { firstEvent } from './events.ts';
import { signInOnPages } from './sign-in-pages.ts';
import type {
  AgentState,
  Alongside,
  AlongsideEvent,
  NewApplication,
  PageLike,
  Person,
  PlainBrowser,
  Refusal,
  Registration,
  TestClock,
  TokenResponse,
  Urls,
} from './types.ts';

/** Milliseconds for which `waitFor` waits by default. */
const patience = 10_000;

interface Clock {
  offsetSeconds: number;
}

/** How a started instance differs from an attached one. */
interface Owner {
  readonly log: readonly string[];
  stop(): Promise<void>;
}

/** An instance behind the console API. */
class RunningInstance implements Alongside {
  readonly urls: Urls;
  readonly log: readonly string[];
  readonly clock: TestClock;
  readonly #api: ConsoleApi;
  readonly #owner: Owner;
  #offset: number;

  constructor(api: ConsoleApi, { urls, clock }: InstanceState, owner: Owner) {
    this.urls = urls;
    this.log = owner.log;
    this.#api = api;
    this.#owner = owner;
    this.#offset = clock.offsetSeconds * 1_000;
    const move = async (method: 'PUT' | 'DELETE', body?: object) => {
      const moved = await api.must<Clock>(method, '/clock', body);
      this.#offset = moved.offsetSeconds * 1_000;
    };
    this.clock = {
      now: () => systemClock.now() + this.#offset,
      advance: (seconds) => move('PUT', { advance: seconds }),
      set: (at) => move('PUT', { set: at.toISOString() }),
      real: () => move('DELETE'),
    };
  }

  readonly card = {
    insert: async (who: string): Promise<void> => void (await insertCard(this.#api, who)),
    remove: async (): Promise<void> => void (await this.#api.must('DELETE', '/readers/0/card')),
  };

  readonly people = {
    add: (person: object): Promise<Person> => this.#api.must('POST', '/people', person),
    remove: async (uid: string): Promise<void> =>
      void (await this.#api.must('DELETE', `/people/${encodeURIComponent(uid)}`)),
  };

  readonly faults = {
    on: async (name: string, options: object = {}): Promise<void> =>
      void (await this.#api.must('PUT', `/faults/${encodeURIComponent(name)}`, options)),
    off: async (name: string): Promise<void> =>
      void (await this.#api.must('DELETE', `/faults/${encodeURIComponent(name)}`)),
  };

  async desk(who: string, options: { pin?: string; role?: string } = {}): Promise<AgentState> {
    await insertCard(this.#api, who);
    return (await signInAtDesk(this.#api, options)).state;
  }

  application(options: NewApplication): Promise<Registration> {
    return this.#api.must('POST', '/applications', options);
  }

  tokens(person: string, application = 'demo-combined'): Promise<TokenResponse> {
    return this.#api.must('POST', '/tokens', { person, application });
  }

  browser(): PlainBrowser {
    const browser = new Browser([]);
    return {
      async goto(url, { method = 'GET', body = '' } = {}) {
        const before = browser.addresses.length;
        const landing =
          method === 'POST' ? await browser.post(url, new URLSearchParams(body)) : await browser.go(url);
        if (landing.kind !== 'page') throw new OperatorError(`${url} led to no page.`);
        const { status, body: text } = landing;
        return { status, url: landing.url.href, text, hops: browser.addresses.slice(before) };
      },
    };
  }

  signIn(page: PageLike, url: string, options: { pin?: string; role?: string } = {}): Promise<void> {
    return signInOnPages(page, url, this.urls, options);
  }

  waitFor(
    event: string | ((event: AlongsideEvent) => boolean),
    { timeout = patience }: { timeout?: number } = {},
  ): Promise<AlongsideEvent> {
    return firstEvent(this.#api, event, timeout);
  }

  explain(id: string): Promise<Refusal> {
    return this.#api.must('GET', `/refusals/${encodeURIComponent(id)}`);
  }

  call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T> {
    return this.#api.must<T>(method, path, body);
  }

  async reset(): Promise<void> {
    await this.#api.must('POST', '/reset');
    this.#offset = 0;
  }

  env(): Promise<Record<string, string>> {
    return readVariables(this.#api);
  }

  stop(): Promise<void> {
    return this.#owner.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Opens the instance whose console has this address. @throws OperatorError if none responds */
export async function openInstance(consoleUrl: string, owner: Owner): Promise<Alongside> {
  const api = new ConsoleApi(consoleUrl.replace(/\/$/, ''));
  return new RunningInstance(api, await api.must<InstanceState>('GET', '/state'), owner);
}
