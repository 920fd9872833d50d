/** Names of values of which nothing is kept, not even their length: a person knows or holds them. */
const personal =
  /(?:^|[a-z_.-])(?:pin|pins|puk|passcode|otp|totp)\d?$|password|passphrase|private_?key|^(?:answer|cookie|set-cookie)$/i;
/** Names of values that are secrets of a program. */
const secret =
  /secret|token|assertion|proof|ticket|signature|api-?key|(?:^|[-_])keys?$|^(?:code|code_verifier|authorization|dpop|request_uri|unlockCode|interaction|csrf|jwt)$/i;
/** Names that look like those of secrets, and describe one. */
const plain = /_?(?:type|name|alg|method|endpoint)$|_uri$|_expires|^(?:public_?key|key_?id|jwks|kid)$/i;
const secretUri = /^request_uri$/i;

/** Returns whether a value of this name is what a person knows or holds. */
export const isPersonalName = (name: string): boolean => personal.test(name);

/** Returns whether a value of this name is a secret of a program, also in messages of others, which no route declares. */
export const isSecretName = (name: string): boolean =>
  secretUri.test(name) || (secret.test(name) && !plain.test(name));

const hidden = '(hidden)';

/** Returns the members of a line of the log, without secrets. Numbers and flags that describe a secret stay. */
export const withoutSecrets = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (value === undefined || value === null || typeof value === 'boolean') return [name, value];
      if (isPersonalName(name) || (typeof value !== 'number' && isSecretName(name))) return [name, hidden];
      const isPlain = Object.getPrototypeOf(value) === Object.prototype;
      return [name, isPlain ? withoutSecrets(value as Record<string, unknown>) : value];
    }),
  );
