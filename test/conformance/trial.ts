import type { ClientSpec, Provider } from './provider.ts';

/** `dpop`: private_key_jwt and DPoP. `mtls`: a certificate for both. */
export type Sender = 'dpop' | 'mtls';

/** The parameters that a plan varies. */
export interface Variant {
  responseMode?: 'query' | 'form_post';
  sender?: Sender;
}

export type Discovery = Readonly<Record<string, unknown>>;

/** One run of one module against one provider. */
export class Trial {
  readonly provider: Provider;
  /** Requested mode of authorization responses. */
  readonly responseMode: 'query' | 'form_post';
  /** How clients of the strong profile authenticate and bind their tokens. */
  readonly sender: Sender;
  readonly #passTime: (seconds: number) => void;

  constructor(
    provider: Provider,
    passTime: (seconds: number) => void,
    { responseMode, sender }: Variant = {},
  ) {
    this.provider = provider;
    this.responseMode = responseMode ?? 'query';
    this.sender = sender ?? 'dpop';
    this.#passTime = passTime;
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
