import { instantOf, relativeTime } from '@alongside/kernel/clock';
import { isObject, type JsonObject } from '@alongside/kernel/json';
import type { FoundRefusal } from '../../../storage/refusals.ts';
import type { ConsoleContext } from '../../model/dependencies.ts';
import { bannerOf, type ExplainKind, type Finding, type Link, unchecked } from '../finding.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Returns the step of a journey that is a message, if it is stored. */
export async function stepLink({ journeys }: ConsoleContext, id: string): Promise<Link | undefined> {
  const message = await journeys.message(id);
  return (
    message && {
      label: `Journey, step ${message.number}`,
      href: `/journeys/${encodeURIComponent(message.journey)}?step=${message.number}`,
    }
  );
}

export async function refusalFinding(found: FoundRefusal, console: ConsoleContext): Promise<Finding> {
  const { method, path, status, code, at, messageId } = found;
  const step = await stepLink(console, messageId);
  const [refusedAt, now] = [Date.parse(at), console.clock.now()];
  const time = `${instantOf(refusedAt, now)} (${relativeTime((refusedAt - now) / 1_000)})`;
  return {
    summary: `${method} ${path} was refused at ${time} with ${status} ${code}.`,
    banner: bannerOf(found),
    checks: [],
    links: step ? [step] : [],
  };
}

interface ErrorText {
  readonly ids: readonly string[];
  readonly code: string;
  /** Whether a stored refusal may be the one of this error, of which no id is known. */
  fits(refusal: Omit<FoundRefusal, 'at' | 'earlier'>): boolean;
}

/** Finds the refusal of an error by its id, or else the newest one that looks like it. */
async function explainError({ ids, code, fits }: ErrorText, console: ConsoleContext): Promise<Finding> {
  for (const id of ids) {
    const found = await console.refusals.find(id);
    if (found) return refusalFinding(found, console);
  }
  const [similar] = await console.refusals.newest(fits, 1);
  const idCheck = unchecked(
    'message id',
    'unknown',
    'The header X-Message-Id of every response has it. Refusals are stored for seven days.',
    ids[0] ?? 'none',
  );
  if (!similar)
    return {
      summary: `No stored refusal has this ${ids.length > 0 ? 'id' : 'text'}${code ? ` (${code})` : ''}.`,
      banner: null,
      checks: [idCheck],
      links: [],
    };
  const finding = await refusalFinding(similar, console);
  return {
    ...finding,
    summary: `The error has no known id. This is the newest refusal that looks like it: ${finding.summary}`,
    checks: [idCheck, ...finding.checks],
  };
}

const isErrorBody = (json: JsonObject): boolean => typeof json.error === 'string';

/** The JSON body of an OAuth error, or the address to which one was redirected. */
export const errorBody: ExplainKind = {
  id: 'error',
  label: 'an OAuth error',
  fits({ json, url }) {
    if ((json && isErrorBody(json)) || url?.searchParams.has('error')) return 'certain';
    const isPossible = json && ('error_description' in json || 'message_id' in json || 'fault' in json);
    return isPossible ? 'possible' : undefined;
  },
  explain({ json = {}, url }, console) {
    const read = (name: string) => text(json[name]) || (url?.searchParams.get(name) ?? '');
    const fault = isObject(json.fault) ? text(json.fault.faultstring) : '';
    const ids = [read('message_id'), read('messageId')].filter(Boolean);
    const description = read('error_description') || fault;
    const fits = (refusal: { description: string }) =>
      description !== '' && refusal.description === description;
    return explainError({ ids, code: read('error'), fits }, console);
  },
};

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const maxIds = 5;
const quoted = /'([^']{1,100})'/g;

export const operationOutcome: ExplainKind = {
  id: 'operation-outcome',
  label: 'a FHIR OperationOutcome',
  fits: ({ json }) => (json?.resourceType === 'OperationOutcome' ? 'certain' : undefined),
  explain({ json = {}, text: pasted }, console) {
    const [issue] = Array.isArray(json.issue) ? json.issue : [];
    const diagnostics = isObject(issue) ? text(issue.diagnostics) : '';
    const details = isObject(issue) && isObject(issue.details) ? issue.details : {};
    const coding = Array.isArray(details.coding) && isObject(details.coding[0]) ? details.coding[0] : {};
    const ids = [...pasted.matchAll(uuids)].slice(0, maxIds).map(([id]) => id);
    const names = [...diagnostics.matchAll(quoted)].map(([, name = '']) => name);
    // An outcome has the words of its API, not those of the catalogue: the names that it quotes are in both.
    return explainError(
      {
        ids,
        code: text(coding.code),
        fits: ({ service, description, detail }) =>
          service === 'gateway' &&
          (names.length === 0 || names.some((name) => description.includes(name) || detail.includes(name))),
      },
      console,
    );
  },
};
