import { Browser } from './browser.ts';
import type { ClientSpec, Provider } from './provider.ts';
import { RelyingParty } from './relying-party.ts';

export type Discovery = Readonly<Record<string, unknown>>;

/** One run of one module against one provider. */
export class Trial {
  readonly provider: Provider;
  /** How authorization responses are asked to come. */
  readonly responseMode: 'query' | 'form_post';
  readonly #passTime: (seconds: number) => void;

  constructor(provider: Provider, responseMode: Trial['responseMode'], passTime: (seconds: number) => void) {
    this.provider = provider;
    this.responseMode = responseMode;
    this.#passTime = passTime;
  }

  /** The provider's configuration document. */
  async discovery(profile: ClientSpec['profile'] = 'basic'): Promise<Discovery> {
    const address = `${this.provider.issuer(profile)}/.well-known/openid-configuration`;
    return (await (await fetch(address)).json()) as Discovery;
  }

  /** Registers a client, with a browser of its own. */
  async client(spec: Partial<ClientSpec> = {}, browser?: Browser): Promise<RelyingParty> {
    return RelyingParty.register(this, spec, browser);
  }

  /** Time goes by, for the provider and for the harness. */
  passTime(seconds: number): void {
    this.#passTime(seconds);
  }
}

export { Browser };
