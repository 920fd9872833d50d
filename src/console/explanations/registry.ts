import { z } from 'zod';
import type { ConsoleContext } from '../model/dependencies.ts';
import { type ExplainKind, type Finding, finding } from './finding.ts';
import { clientAssertion } from './kinds/client-assertion.ts';
import { errorBody, operationOutcome } from './kinds/errors.ts';
import { har } from './kinds/har.ts';
import { anyId } from './kinds/id.ts';
import { jwks, pem } from './kinds/keys.ts';
import { authorizeUrl, curl, tokenRequest } from './kinds/requests.ts';
import { accessToken, idToken, logoutToken } from './kinds/tokens.ts';
import { type Paste, readPaste } from './paste.ts';
import { words } from './words.ts';

/** All kinds of text that can be explained. The first that is certain is taken, or else the first that is possible. */
const explainKinds: readonly ExplainKind[] = [
  har,
  jwks,
  pem,
  operationOutcome,
  errorBody,
  curl,
  authorizeUrl,
  tokenRequest,
  clientAssertion,
  logoutToken,
  accessToken,
  idToken,
  anyId,
  words,
];

const ids = explainKinds.map(({ id }) => id) as [string, ...string[]];
export const explainKindId = z.enum(ids, `must be one of ${ids.join(', ')}`);

const namedKind = z.strictObject({ kind: z.enum(ids), label: z.string() });
type NamedKind = z.output<typeof namedKind>;

/** The answer of `POST /explain`. */
export const explainAnswer = z.strictObject({
  /** The kind of the text; null if unknown. */
  recognisedAs: namedKind.nullable(),
  /** Other kinds that it could be. */
  alternatives: z.array(namedKind),
  ...finding.shape,
});
export type Explanation = z.output<typeof explainAnswer>;

const named = ({ id, label }: ExplainKind): NamedKind => ({ kind: id, label });

async function candidates(
  paste: Paste,
  console: ConsoleContext,
): Promise<{ certain: ExplainKind[]; possible: ExplainKind[] }> {
  const certain: ExplainKind[] = [];
  const possible: ExplainKind[] = [];
  for (const kind of explainKinds) {
    const fit = await kind.fits(paste, console);
    if (fit === 'certain') certain.push(kind);
    if (fit === 'possible') possible.push(kind);
  }
  return { certain, possible };
}

const unknown: Finding = {
  summary:
    'This is of no kind that Explain knows. Paste a token, an assertion, an error, an id, the address or body of a request, a curl command, a key or a HAR.',
  banner: null,
  checks: [],
  links: [],
};

/** Explains a pasted text, as a kind if one is named. It uses up and stores nothing. */
export async function explain(
  text: string,
  as: string | undefined,
  console: ConsoleContext,
): Promise<Explanation> {
  const paste = readPaste(text);
  const { certain, possible } = await candidates(paste, console);
  const fitting = [...certain, ...possible];
  const recognisedAs = explainKinds.find(({ id }) => id === as) ?? fitting[0];
  const alternatives = fitting.filter((kind) => kind !== recognisedAs).map(named);
  if (!recognisedAs) return { recognisedAs: null, alternatives: explainKinds.map(named), ...unknown };
  return { recognisedAs: named(recognisedAs), alternatives, ...(await recognisedAs.explain(paste, console)) };
}
