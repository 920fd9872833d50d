import { randomBytes } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import type { SigningAlgorithm } from '@alongside/kernel/jws';
import { Unavailable } from '@alongside/kernel/kernel-errors';
import type { KeyToken, TokenAlgorithm } from '@alongside/kernel/key-pairs';
import { ConfigurationError, OperatorError, UsageError } from '@alongside/kernel/operator';
import { NativeProcess } from '../../../identity-agent/card/native-process.ts';
import type { Config } from '../../config.ts';
import type { OpenToken, SigningModule } from './signing-process.ts';

/** Milliseconds that a call may take: a token generates RSA keys slowly. */
const callTimeout = 30_000;
/** Milliseconds between attempts to reach a token that was lost. */
const again = 1_000;

type TokenSettings = Pick<Config, 'signingModule' | 'signingToken' | 'signingPin'>;

/** Returns the complete settings of a token; undefined without one. @throws ConfigurationError in one sentence */
export function tokenSettings({
  signingModule: module,
  signingToken: token,
  signingPin: pin,
}: TokenSettings) {
  if (module === undefined && (token ?? pin) === undefined) return undefined;
  if (module === undefined || pin === undefined)
    throw new ConfigurationError(
      'Signing keys in a token need --signing-module and --signing-pin, such as @FILE: set both, or no setting of the token.',
    );
  return { module, token, pin };
}

/** A token with signing keys, behind a PKCS#11 module in a separate process, which is started again when it has lost the token. */
export class SigningToken implements KeyToken {
  readonly #settings: SigningModule;
  readonly #pin: string;
  #process: Promise<NativeProcess<string>> | undefined;
  #lostAt = 0;
  /** Set after a refused PIN: more attempts would lock the token. */
  #refused: Error | undefined;

  private constructor(settings: SigningModule, pin: string) {
    this.#settings = settings;
    this.#pin = pin;
  }

  /** Logs in to the configured token; undefined without one. `direct` as of a card's module. @throws OperatorError in one sentence */
  static async open(config: TokenSettings, direct = false): Promise<SigningToken | undefined> {
    const settings = tokenSettings(config);
    if (settings === undefined) return undefined;
    const { pin, ...module } = settings;
    const opened = new SigningToken({ ...module, direct }, pin);
    try {
      await opened.#connected();
    } catch (error) {
      // With its exit code, a service manager does not start again: more attempts would lock the token.
      if (opened.#refused !== undefined)
        throw new UsageError(`${reasonOf(error)}. Correct --signing-pin before the next start.`, {
          cause: error,
        });
      throw error instanceof Unavailable ? new OperatorError(`${error.message}.`, { cause: error }) : error;
    }
    return opened;
  }

  async create(algorithm: SigningAlgorithm, label: string) {
    if (algorithm === 'EdDSA')
      throw new OperatorError(
        'Alongside creates no EdDSA keys in a token: choose another algorithm for the client.',
      );
    const key = randomBytes(16).toString('hex');
    return { key, publicJwk: await this.#ask('create', algorithm, key, label) };
  }

  async sign(algorithm: TokenAlgorithm, key: string, data: Uint8Array): Promise<Buffer> {
    return Buffer.from(await this.#ask('sign', algorithm, key, data));
  }

  remove(key: string): Promise<void> {
    return this.#ask('remove', key);
  }

  async close(): Promise<void> {
    await (await this.#process?.catch(() => undefined))?.close();
  }

  async #ask<C extends keyof OpenToken>(
    call: C,
    ...args: Parameters<OpenToken[C]>
  ): Promise<ReturnType<OpenToken[C]>> {
    const process = await this.#connected();
    try {
      return await process.ask(call, args, callTimeout);
    } catch (error) {
      // A session that has ended with its token does not return; a new process finds the token again.
      if (error instanceof Unavailable && /CKR_|has stopped/.test(error.message)) this.#lose(process);
      throw error;
    }
  }

  #lose(process: NativeProcess<string>): void {
    this.#process = undefined;
    this.#lostAt = performance.now();
    void process.close();
  }

  #connected(): Promise<NativeProcess<string>> {
    if (this.#process) return this.#process;
    if (this.#refused) return Promise.reject(this.#refused);
    if (this.#lostAt > 0 && performance.now() - this.#lostAt < again)
      return Promise.reject(new Unavailable('the token of the signing keys was lost'));
    const starting = this.#start();
    this.#process = starting;
    starting.catch(() => {
      this.#process = undefined;
      this.#lostAt = performance.now();
    });
    return starting;
  }

  async #start(): Promise<NativeProcess<string>> {
    const subject = `The PKCS#11 module ${this.#settings.module}`;
    const process = await NativeProcess.start<string>({
      program: 'signing-process',
      near: import.meta.url,
      settings: this.#settings,
      subject,
      crash: 'the module crashes',
      failure: (reason) => new Unavailable(`${subject} failed: ${reason}`),
      lost: () => new Unavailable(`${subject} has stopped`),
      onEnd: () => undefined,
    });
    try {
      await process.ask('login', [this.#pin], callTimeout);
    } catch (error) {
      if (error instanceof Unavailable && /CKR_PIN/.test(error.message)) this.#refused = error;
      await process.close();
      throw error;
    }
    return process;
  }
}
