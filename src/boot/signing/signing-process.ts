import { createHash } from 'node:crypto';
import { reasonOf } from '@alongside/kernel/errors';
import type { JsonWebKey, SigningAlgorithm } from '@alongside/kernel/jws';
import type { TokenAlgorithm } from '@alongside/kernel/key-pairs';
import type { Mechanism, RsaPSS, Template } from 'pkcs11js';
import { serve } from '../../../identity-agent/card/native-program.ts';
import type { Pkcs11Calls } from '../../../identity-agent/card/pkcs11-library.ts';
import { loadPkcs11 } from '../../../identity-agent/card/pkcs11-load.ts';

// A separate process for the maker's module, because its calls block and may crash. Its parent restarts it.

/** The settings of the token, without its PIN, which the process list would show. */
export interface SigningModule {
  readonly module: string;
  /** Label of the token; the first one by default. */
  readonly token: string | undefined;
  /** As of a card's module. */
  readonly direct?: boolean;
}

/** Constants of PKCS#11 (version 2.40, header files). */
const CK = {
  class: 0x000,
  token: 0x001,
  private: 0x002,
  label: 0x003,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
  publicKey: 2,
  privateKey: 3,
  user: 1,
  rwSession: 0x02 | 0x04,
  lockingOk: 2,
} as const;

interface Kind {
  readonly generate: number;
  readonly keyType: number;
  readonly parameters: Template;
}
const rsa: Kind = {
  generate: 0x0000,
  keyType: 0,
  parameters: [
    { type: CK.modulusBits, value: 2048 },
    { type: CK.publicExponent, value: Buffer.from([1, 0, 1]) },
  ],
};
const p256: Kind = {
  generate: 0x1040,
  keyType: 3,
  parameters: [{ type: CK.ecParams, value: Buffer.from('06082a8648ce3d030107', 'hex') }],
};

/** DigestInfo of PKCS #1 before the digest (RFC 8017 section 9.2). */
const digestInfo = {
  sha1: Buffer.from('3021300906052b0e03021a05000414', 'hex'),
  sha256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  sha512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
};
/** SHA-256, MGF1 with SHA-256, and a salt of 32 bytes (RFC 7518 section 3.5). */
const pss: RsaPSS = { type: 5, hashAlg: 0x250, mgf: 2, saltLen: 32 };
const digest = (name: keyof typeof digestInfo, data: Uint8Array): Buffer =>
  createHash(name).update(data).digest();

interface Rule {
  readonly kind: Kind;
  readonly mechanism: Mechanism;
  readonly input: (data: Uint8Array) => Buffer;
}
const pkcs1 = (hash: keyof typeof digestInfo): Rule => ({
  kind: rsa,
  mechanism: { mechanism: 0x0001 },
  input: (data) => Buffer.concat([digestInfo[hash], digest(hash, data)]),
});
const rules: Readonly<Partial<Record<TokenAlgorithm, Rule>>> = {
  RS1: pkcs1('sha1'),
  RS256: pkcs1('sha256'),
  RS512: pkcs1('sha512'),
  PS256: {
    kind: rsa,
    mechanism: { mechanism: 0x000d, parameter: pss },
    input: (data) => digest('sha256', data),
  },
  ES256: { kind: p256, mechanism: { mechanism: 0x1041 }, input: (data) => digest('sha256', data) },
};

function ruleOf(algorithm: TokenAlgorithm): Rule {
  const rule = rules[algorithm];
  if (!rule) throw new Error(`Alongside creates no ${algorithm} keys in a token`);
  return rule;
}

class MissingKey extends Error {}

/** The token after its login. */
class Token {
  readonly #module: Pkcs11Calls;
  readonly #session: Buffer;
  readonly #keys = new Map<string, Buffer>();

  constructor(module: Pkcs11Calls, wanted: string | undefined, pin: string) {
    this.#module = module;
    const slots = module.C_GetSlotList(true);
    const slot = slots.find(
      (each) => wanted === undefined || module.C_GetTokenInfo(each).label.trim() === wanted,
    );
    if (!slot)
      throw new Error(
        wanted === undefined
          ? 'it has no token'
          : `it has no token ${wanted}: set --signing-token to its label`,
      );
    this.#session = module.C_OpenSession(slot, CK.rwSession);
    module.C_Login(this.#session, CK.user, pin);
  }

  create(algorithm: SigningAlgorithm, id: string, label: string): JsonWebKey {
    const { kind } = ruleOf(algorithm);
    const common = [
      { type: CK.token, value: true },
      { type: CK.keyType, value: kind.keyType },
      { type: CK.id, value: Buffer.from(id, 'hex') },
      { type: CK.label, value: label },
    ];
    const { publicKey } = this.#module.C_GenerateKeyPair(
      this.#session,
      { mechanism: kind.generate },
      [
        ...common,
        { type: CK.class, value: CK.publicKey },
        { type: CK.verify, value: true },
        ...kind.parameters,
      ],
      [
        ...common,
        { type: CK.class, value: CK.privateKey },
        { type: CK.private, value: true },
        { type: CK.sensitive, value: true },
        { type: CK.extractable, value: false },
        { type: CK.sign, value: true },
      ],
    );
    const read = (type: number): Buffer => {
      const [attribute] = this.#module.C_GetAttributeValue(this.#session, publicKey, [{ type }]);
      return attribute?.value as Buffer;
    };
    if (kind === rsa) {
      const modulus = read(CK.modulus);
      // Without leading zeros (RFC 7518 section 2, Base64urlUInt).
      const n = modulus.subarray(modulus.findIndex((byte) => byte !== 0)).toString('base64url');
      return { kty: 'RSA', n, e: read(CK.publicExponent).toString('base64url') };
    }
    // The last 64 bytes of an OCTET STRING with an uncompressed point.
    const point = read(CK.ecPoint).subarray(-64);
    const [x, y] = [point.subarray(0, 32), point.subarray(32)];
    return { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: y.toString('base64url') };
  }

  sign(algorithm: TokenAlgorithm, id: string, data: Uint8Array): Uint8Array {
    const { mechanism, input } = ruleOf(algorithm);
    const key = this.#keys.get(id) ?? this.#find(id, CK.privateKey);
    if (!key) throw new MissingKey(`the token has no key ${id}`);
    this.#keys.set(id, key);
    this.#module.C_SignInit(this.#session, mechanism, key);
    return new Uint8Array(this.#module.C_Sign(this.#session, input(data), Buffer.alloc(512)));
  }

  remove(id: string): void {
    this.#keys.delete(id);
    for (const kind of [CK.publicKey, CK.privateKey]) {
      const key = this.#find(id, kind);
      if (key) this.#module.C_DestroyObject(this.#session, key);
    }
  }

  #find(id: string, kind: number): Buffer | undefined {
    this.#module.C_FindObjectsInit(this.#session, [
      { type: CK.class, value: kind },
      { type: CK.id, value: Buffer.from(id, 'hex') },
    ]);
    try {
      return this.#module.C_FindObjects(this.#session, 1)[0];
    } finally {
      this.#module.C_FindObjectsFinal(this.#session);
    }
  }
}

/** The token, opened again for a key of another process, because a module may list objects only once. */
export class OpenToken {
  readonly #module: Pkcs11Calls;
  readonly #wanted: string | undefined;
  #pin = '';
  #token: Token | undefined;

  constructor(module: Pkcs11Calls, wanted: string | undefined) {
    this.#module = module;
    this.#wanted = wanted;
  }

  login(pin: string): void {
    this.#pin = pin;
    this.#open();
  }

  create(algorithm: SigningAlgorithm, key: string, label: string): JsonWebKey {
    return this.#open().create(algorithm, key, label);
  }

  sign(algorithm: TokenAlgorithm, key: string, data: Uint8Array): Uint8Array {
    try {
      return this.#open().sign(algorithm, key, data);
    } catch (error) {
      if (!(error instanceof MissingKey)) throw error;
      this.#module.C_Finalize();
      this.#module.C_Initialize({ flags: CK.lockingOk });
      this.#token = undefined;
      return this.#open().sign(algorithm, key, data);
    }
  }

  remove(key: string): void {
    this.#open().remove(key);
  }

  #open(): Token {
    this.#token ??= new Token(this.#module, this.#wanted, this.#pin);
    return this.#token;
  }
}

await serve<SigningModule>(
  async ({ module, token, direct }) => new OpenToken(await loadPkcs11(module, direct), token),
  (error) => reasonOf(error).split('\n')[0],
);
