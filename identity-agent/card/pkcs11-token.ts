import { CardError, type Unblocking, type Verification } from './card-client.ts';
import { digestInfo, ecdsaDer, type SignatureAlgorithmId } from './key-types.ts';
import { type SlotName, TRIES } from './piv.ts';
import type { Pkcs11Calls } from './pkcs11-library.ts';
import { failureOf, isPkcs11, RV } from './pkcs11-messages.ts';

/** Constants of PKCS#11 (version 2.40, header files). */
const CK = {
  class: 0x00,
  value: 0x11,
  id: 0x102,
  alwaysAuthenticate: 0x202,
  certificate: 1,
  privateKey: 3,
  so: 0,
  user: 1,
  contextSpecific: 2,
  rwSession: 0x02 | 0x04,
  pinCountLow: 0x1_0000,
  pinFinalTry: 0x2_0000,
  pinLocked: 0x4_0000,
} as const;

const mechanisms: Readonly<Record<SignatureAlgorithmId, number>> = {
  ES256: 0x1041,
  RS256: 0x0001,
  RS1: 0x0001,
};

/** Maximum number of objects of a kind on a card. */
const MOST_OBJECTS = 32;
/** Maximum length of a certificate in bytes. */
const MOST_BYTES = 16_384;

/** A certificate on the token, with the identifier that it shares with its key. */
interface TokenCertificate {
  readonly id: Buffer;
  readonly der: Buffer;
}

/**
 * One insertion of a card behind a PKCS#11 module. The authentication certificate is the first by identifier, the signing
 * certificate the second, as in middleware of PIV cards. All calls block.
 */
export class Pkcs11Token {
  readonly #module: Pkcs11Calls;
  readonly #slot: Buffer;
  readonly #session: Buffer;
  #wrong = 0;
  #loggedIn = false;

  /** @throws CardError */
  constructor(module: Pkcs11Calls, slot: Buffer) {
    this.#module = module;
    this.#slot = slot;
    this.#session = this.#do(() => module.C_OpenSession(slot, CK.rwSession));
  }

  /** Whether the card is still inserted: a session ends with its card. */
  get open(): boolean {
    try {
      this.#module.C_GetSessionInfo(this.#session);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    try {
      this.#module.C_CloseSession(this.#session);
    } catch {
      // The card was removed first.
    }
  }

  verifyPin(pin: string): Verification {
    return this.#do(() => this.#login(pin));
  }

  /**
   * A module reports "a wrong one was entered", "one left" and "none left". Other values are counted here and may be too high.
   */
  attemptsLeft(): number {
    return this.#do(() => this.#attemptsLeft());
  }

  readCertificate(slot: SlotName): Uint8Array {
    return this.#do(() => new Uint8Array(this.#certificate(slot).der));
  }

  sign(
    slot: SlotName,
    digest: Uint8Array,
    algorithm: SignatureAlgorithmId,
    pin: string | undefined,
  ): Uint8Array {
    return this.#do(() => {
      const { id } = this.#certificate(slot);
      if (!this.#loggedIn) {
        if (pin === undefined) throw new CardError('pin_required', 'The card wants the PIN first.');
        this.#demand(() => this.#login(pin));
      }
      const key = this.#objects(CK.privateKey, id)[0];
      if (!key) throw new CardError('object_missing', 'The card has no such key.');
      const input = algorithm === 'ES256' ? digest : digestInfo(digest);
      this.#module.C_SignInit(this.#session, { mechanism: mechanisms[algorithm] }, key);
      if (this.#asksEachTime(key)) this.#confirm(pin);
      const signature = this.#module.C_Sign(this.#session, Buffer.from(input), Buffer.alloc(1024));
      return algorithm === 'ES256' ? ecdsaDer(signature) : new Uint8Array(signature);
    });
  }

  changePin(oldPin: string, newPin: string): Verification {
    return this.#do(() =>
      this.#counted(() => {
        this.#module.C_SetPIN(this.#session, oldPin, newPin);
      }),
    );
  }

  /** Uses the unblocking code as the security officer's PIN, if the module supports it. */
  unblock(puk: string, newPin: string): Unblocking {
    return this.#do(() => {
      this.#logout();
      try {
        this.#module.C_Login(this.#session, CK.so, puk);
      } catch (error) {
        if (isPkcs11(error, RV.pinIncorrect)) return { ok: false, attemptsLeft: 1 };
        if (isPkcs11(error, RV.pinLocked)) return { ok: false, attemptsLeft: 0 };
        throw error;
      }
      try {
        this.#module.C_InitPIN(this.#session, newPin);
        this.#wrong = 0;
        return { ok: true };
      } finally {
        this.#module.C_Logout(this.#session);
      }
    });
  }

  /** Runs calls of the module and converts their errors to CardError. */
  #do<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw failureOf(error);
    }
  }

  #certificate(slot: SlotName): TokenCertificate {
    const found = this.#objects(CK.certificate)
      .map((object): TokenCertificate => {
        const [id, value] = this.#module.C_GetAttributeValue(this.#session, object, [
          { type: CK.id },
          { type: CK.value },
        ]);
        return { id: id?.value as Buffer, der: value?.value as Buffer };
      })
      .filter(({ der }) => der.length > 0 && der.length <= MOST_BYTES)
      .sort((a, b) => Buffer.compare(a.id, b.id));
    const certificate = found[slot === 'authentication' ? 0 : 1];
    if (!certificate) throw new CardError('object_missing', 'The card has no such certificate.');
    return certificate;
  }

  #objects(kind: number, id?: Buffer): Buffer[] {
    const template = [{ type: CK.class, value: kind }, ...(id ? [{ type: CK.id, value: id }] : [])];
    this.#module.C_FindObjectsInit(this.#session, template);
    try {
      return this.#module.C_FindObjects(this.#session, MOST_OBJECTS);
    } finally {
      this.#module.C_FindObjectsFinal(this.#session);
    }
  }

  #asksEachTime(key: Buffer): boolean {
    try {
      const wanted = [{ type: CK.alwaysAuthenticate }];
      const [answer] = this.#module.C_GetAttributeValue(this.#session, key, wanted);
      return answer !== undefined && (answer.value as Buffer)[0] === 1;
    } catch {
      return false; // an attribute that this module does not support
    }
  }

  /** Enters the PIN immediately before a key that requires it each time (PKCS#11 section 5.6.6, CKU_CONTEXT_SPECIFIC). */
  #confirm(pin: string | undefined): void {
    if (pin === undefined) throw new CardError('pin_required', 'The card wants the PIN for each signature.');
    this.#demand(() => this.#counted(() => this.#module.C_Login(this.#session, CK.contextSpecific, pin)));
  }

  #demand(verify: () => Verification): void {
    const verification = verify();
    if (verification.ok) return;
    const { attemptsLeft } = verification;
    if (attemptsLeft === 0) throw new CardError('pin_blocked', 'The PIN is blocked.', { attemptsLeft });
    throw new CardError('pin_required', 'The PIN is wrong.', { attemptsLeft });
  }

  #login(pin: string): Verification {
    this.#logout();
    const verification = this.#counted(() => this.#module.C_Login(this.#session, CK.user, pin));
    this.#loggedIn = verification.ok;
    return verification;
  }

  #logout(): void {
    this.#loggedIn = false;
    try {
      this.#module.C_Logout(this.#session);
    } catch (error) {
      if (!isPkcs11(error, RV.userNotLoggedIn)) throw error;
    }
  }

  #counted(present: () => void): Verification {
    try {
      present();
    } catch (error) {
      if (isPkcs11(error, RV.pinLocked)) return { ok: false, attemptsLeft: 0 };
      if (!isPkcs11(error, RV.pinIncorrect)) throw error;
      this.#wrong += 1;
      return { ok: false, attemptsLeft: this.#attemptsLeft() };
    }
    this.#wrong = 0;
    return { ok: true };
  }

  #attemptsLeft(): number {
    const { flags } = this.#module.C_GetTokenInfo(this.#slot);
    if (flags & CK.pinLocked) return 0;
    if (flags & CK.pinFinalTry) return 1;
    const wrong = flags & CK.pinCountLow ? Math.max(1, this.#wrong) : this.#wrong;
    return Math.max(1, TRIES - wrong);
  }
}
