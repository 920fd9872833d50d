import type { ClientSpec, Provider } from './provider.ts';

/** The parameters that a plan varies. */
export interface Variant {
  /** Mode of authorization responses; `query` by default. */
  responseMode?: 'query' | 'form_post';
  /** How clients authenticate; by default with a secret, and in FAPI 2.0 with `private_key_jwt`. */
  auth?: 'private_key_jwt' | 'mtls';
  /** How tokens of FAPI 2.0 clients are bound; `dpop` by default. */
  sender?: 'dpop' | 'mtls';
  /** Whether FAPI 2.0 clients push signed request objects. */
  signed?: boolean;
}

export type Discovery = Readonly<Record<string, unknown>>;

/** One run of one module against one provider. */
export class Trial {
  readonly provider: Provider;
  readonly variant: Variant;
  /** Results of the module for which the foundation's suite warns and does not fail it. */
  readonly warnings: string[] = [];
  readonly #passTime: (seconds: number) => void;

  constructor(provider: Provider, passTime: (seconds: number) => void, variant: Variant = {}) {
    this.provider = provider;
    this.variant = variant;
    this.#passTime = passTime;
  }

  /** Requested mode of authorization responses. */
  get responseMode(): 'query' | 'form_post' {
    return this.variant.responseMode ?? 'query';
  }

  /** Returns the provider's configuration document. */
  async discovery(profile: ClientSpec['profile'] = 'basic'): Promise<Discovery> {
    const address = this.provider.discoveryOf(this.provider.issuer(profile));
    return (await (await fetch(address)).json()) as Discovery;
  }

  /** Advances the time for the provider and the harness. */
  passTime(seconds: number): void {
    this.#passTime(seconds);
  }
}
