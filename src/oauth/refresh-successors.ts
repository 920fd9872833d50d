import type { Clock } from '@alongside/kernel/clock';
import type { Vault } from '@alongside/kernel/secrets';
import type { z } from 'zod';
import { storedJson } from '../storage/row.ts';
import type { TokenRecord } from './token-records.ts';
import type { Tokens } from './tokens.ts';

/**
 * The tokens that a refresh issued, sealed with the spent refresh token. A client that lost the response and repeats the request
 * gets the same tokens (RFC 9700 section 4.14.2).
 */
export class RefreshSuccessors<Successor extends { refreshToken: string }> {
  readonly #tokens: Tokens;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #purpose: string;
  readonly #shape: z.ZodType<Successor>;

  /** @param purpose names the sealing key: never change it for stored data */
  constructor(
    { tokens, vault, clock }: { tokens: Tokens; vault: Vault; clock: Clock },
    purpose: string,
    shape: z.ZodType<Successor>,
  ) {
    this.#tokens = tokens;
    this.#vault = vault;
    this.#clock = clock;
    this.#purpose = purpose;
    this.#shape = shape;
  }

  seal(successor: Successor): string {
    return this.#vault.seal(this.#purpose, JSON.stringify(successor));
  }

  /**
   * Returns the successor of a used refresh token, until the successor is used too.
   * @param retryTime milliseconds after the first use; 0 for never
   */
  async find(token: string, { usedAt }: TokenRecord, retryTime: number): Promise<Successor | undefined> {
    if (usedAt === null || retryTime === 0 || this.#clock.now() - usedAt > retryTime) return undefined;
    const sealed = await this.#tokens.successorOf(token);
    if (sealed === undefined) return undefined;
    const successor = storedJson(this.#shape, this.#vault.open(this.#purpose, sealed), this.#purpose);
    const record = await this.#tokens.findRefresh(successor.refreshToken);
    return record && this.#tokens.isLive(record) ? successor : undefined;
  }
}
