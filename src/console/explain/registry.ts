import type { ConsoleContext } from '../dependencies.ts';
import type { ExplainKind, Finding } from './finding.ts';
import { clientAssertion } from './kinds/client-assertion.ts';
import { errorBody, operationOutcome } from './kinds/errors.ts';
import { har } from './kinds/har.ts';
import { anyId } from './kinds/id.ts';
import { jwks, pem } from './kinds/keys.ts';
import { authorizeUrl, curl, tokenRequest } from './kinds/requests.ts';
import { accessToken, idToken, logoutToken } from './kinds/tokens.ts';
import { type Paste, readPaste } from './paste.ts';

/** All kinds of text that can be explained. The first that is certain is taken, or else the first that is possible. */
export const explainKinds: readonly ExplainKind[] = [
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
];

interface NamedKind {
  readonly kind: string;
  readonly label: string;
}

/** The answer of `POST /explain`. */
export interface Explanation extends Finding {
  /** What the text was taken for; null if it is of no known kind. */
  readonly took: NamedKind | null;
  /** What else it could be. */
  readonly alternatives: readonly NamedKind[];
}

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
  const took = explainKinds.find(({ id }) => id === as) ?? fitting[0];
  const alternatives = fitting.filter((kind) => kind !== took).map(named);
  if (!took) return { took: null, alternatives: explainKinds.map(named), ...unknown };
  return { took: named(took), alternatives, ...(await took.explain(paste, console)) };
}
