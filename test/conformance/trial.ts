import type { ClientSpec, Provider } from './provider.ts';

/** `dpop`: private_key_jwt and DPoP. `mtls`: a certificate for both. */
export type Sender = 'dpop' | 'mtls';

/** What a plan varies. */
export interface Variant {
  responseMode?: 'query' | 'form_post';
  sender?: Sender;
}

export type Discovery = Readonly<Record<string, unknown>>;

/** One run of one module against one provider. */
export class Trial {
  readonly provider: Provider;
  /** How authorization responses are asked to come. */
  readonly responseMode: 'query' | 'form_post';
  /** How clients of the strong profile prove themselves, and what their tokens are bound to. */
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

  /** The provider's configuration document. */
  async discovery(profile: ClientSpec['profile'] = 'basic'): Promise<Discovery> {
    const address = this.provider.discoveryOf(this.provider.issuer(profile));
    return (await (await fetch(address)).json()) as Discovery;
  }

  /** Time goes by, for the provider and for the harness. */
  passTime(seconds: number): void {
    this.#passTime(seconds);
  }
}
