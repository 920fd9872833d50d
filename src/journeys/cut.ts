import { createHmac, randomBytes } from 'node:crypto';
import type { Secrets } from '@alongside/kernel/activity';
import { isObject, jsonPart } from '@alongside/kernel/json';
import { isPersonalName, isSecretName } from '@alongside/kernel/secret-names';
import type { DecodedToken, Field } from './model.ts';

/** Members of a private key (RFC 7518 section 6). */
const privateMembers: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']);

type Json = Readonly<Record<string, unknown>>;

/** Codes of a FHIR issue (https://hl7.org/fhir/R4/valueset-issue-type.html). */
const issueCodes: ReadonlySet<string> = new Set(
  (
    'invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported ' +
    'duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient ' +
    'lock-error no-store exception timeout incomplete throttled informational'
  ).split(' '),
);
/** A code of a FHIR coding, such as ACCESS_DENIED: one that an authorization server issues has letters of both cases. */
const codingCode = /^(?:[A-Z][A-Z\d]*(?:[_-][A-Z\d]+)*|[a-z]+(?:-[a-z]+)*)$/;
const maxCodingCodeLength = 60;

/** Returns whether a `code` next to these members names a FHIR outcome, and is not one of OAuth. */
function isOutcomeCode(code: unknown, { severity, system }: Json): boolean {
  if (typeof code !== 'string' || code.length > maxCodingCodeLength) return false;
  if (typeof severity === 'string') return issueCodes.has(code);
  return typeof system === 'string' && /^https?:\/\//.test(system) && codingCode.test(code);
}

const jwtForm = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;
const maxTokens = 20;
const maxValueLength = 4_096;

export const nothingKept = '…';

/** A JWT that was found, with its text for the check of its signature. It is never stored. */
export interface FoundToken {
  readonly decoded: Omit<DecodedToken, 'signature'>;
  readonly text: string;
}

/** Cuts the secrets of one request or response, and collects its tokens. */
export class Cutter {
  readonly tokens: FoundToken[] = [];
  readonly #key: Buffer;
  readonly #declared: readonly string[];

  /** @param declared the secrets of the route */
  constructor(key: Buffer, declared: Secrets = []) {
    this.#key = key;
    this.#declared = declared === 'bodies' ? [] : declared;
  }

  field(name: string, value: string, isSecret = this.#isSecret(name)): Field {
    if (isPersonalName(name)) return { name, value: nothingKept };
    if (this.#note(name, value) || isSecret) return { name, ...this.secret(value) };
    return { name, value: value.length > maxValueLength ? `${value.slice(0, maxValueLength)}…` : value };
  }

  #isSecret(name: string): boolean {
    return isSecretName(name) || this.#declared.includes(name);
  }

  /** Returns four characters and the length, and a mark of the whole value. */
  secret(value: string): Pick<Field, 'value' | 'mark'> {
    if (value === '') return { value };
    // Four characters of a short secret would be most of it.
    const shown = value.length < 12 ? '' : value.slice(0, 4);
    return { value: `${shown}… (${value.length} characters)`, mark: this.mark(value) };
  }

  /** Returns a hash by which the same value is recognised. It is keyed, so that values cannot be found by trying. */
  mark(value: string): string {
    return createHmac('sha256', this.#key).update(value).digest('base64url').slice(0, 12);
  }

  /** Returns a JSON value with its secrets cut; adds the secret members to a list. */
  json(value: unknown, members: Field[], name = '', depth = 0, inOutcome = false): unknown {
    if (depth > 20) return nothingKept;
    if (typeof value === 'string') {
      if (name === '' && !jwtForm.test(value)) return value;
      const kept = this.field(name === '' ? 'body' : name, value);
      if (kept.mark !== undefined) members.push(kept);
      return kept.value;
    }
    if (isPersonalName(name) && value !== null && typeof value !== 'boolean') return nothingKept;
    if (Array.isArray(value))
      return value.map((each) => this.json(each, members, name, depth + 1, inOutcome));
    if (!isObject(value)) return value;
    const isKey = typeof value.kty === 'string';
    const isOutcome = inOutcome || value.resourceType === 'OperationOutcome';
    const kept = (member: string, each: unknown): unknown => {
      if (isKey && privateMembers.has(member)) return nothingKept;
      if (isOutcome && member === 'code' && isOutcomeCode(each, value)) return each;
      return this.json(each, members, member, depth + 1, isOutcome);
    };
    return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, kept(member, each)]));
  }

  /** Notes a JWT. Returns whether the value is one. */
  #note(name: string, value: string): boolean {
    if (!jwtForm.test(value)) return false;
    const [first = '', second = ''] = value.split('.');
    const header = jsonPart(first);
    const claims = jsonPart(second);
    if (!header || !claims) return false;
    if (this.tokens.length < maxTokens) {
      const nested: Field[] = [];
      const decoded = { name, header, claims: this.json(claims, nested) as Json };
      this.tokens.push({ decoded, text: value });
    }
    return true;
  }
}

/** One key for each process: marks compare messages of the same run. */
export const markKey = (): Buffer => randomBytes(32);
