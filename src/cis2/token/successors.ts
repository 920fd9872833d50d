import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import type { Confirmation } from '../../oauth/confirmation.ts';
import type { TokenRecord, Tokens } from '../../oauth/tokens.ts';

/** What one refresh gave: kept sealed with the token that was used, for the client that lost the answer. */
export interface Successor {
  accessToken: string;
  /** Milliseconds. */
  accessExpiresAt: number;
  refreshToken: string;
  scope: string;
  /** What the access token is bound to. */
  confirmation?: Confirmation | null;
}

const sealName = 'cis2-refresh-successor';

/** The idempotent retry of a refresh. */
export class Successors {
  readonly #tokens: Tokens;
  readonly #vault: Vault;
  readonly #clock: Clock;

  constructor({ tokens, vault, clock }: { tokens: Tokens; vault: Vault; clock: Clock }) {
    this.#tokens = tokens;
    this.#vault = vault;
    this.#clock = clock;
  }

  seal(successor: Successor): string {
    return this.#vault.seal(sealName, JSON.stringify(successor));
  }

  /** The successor of a used token, within this time in milliseconds and as long as nobody has used it. */
  async again(token: string, { usedAt }: TokenRecord, within: number): Promise<Successor | undefined> {
    if (usedAt === null || within === 0 || this.#clock.now() - usedAt > within) return undefined;
    const sealed = await this.#tokens.successorOf(token);
    if (sealed === undefined) return undefined;
    const successor = JSON.parse(this.#vault.open(sealName, sealed)) as Successor;
    const record = await this.#tokens.find(successor.refreshToken);
    return record && this.#tokens.isLive(record) ? successor : undefined;
  }
}
