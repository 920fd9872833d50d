import type { Hops, Shown, View } from '../../../../journeys/ledger.ts';
import type { Journey, Message } from '../../../../journeys/model.ts';

export const tabs = ['reason', 'request', 'response', 'tokens', 'event'] as const;
export type Tab = (typeof tabs)[number];

/** The view of a journey that its address names. A link shows a colleague the same view. */
export interface JourneyView extends View {
  /** Number of the open message. */
  readonly step: number | undefined;
  readonly tab: Tab | undefined;
  /** Index of the shown token. */
  readonly token: number;
  /** From 1. By default, the page with the open step. */
  readonly page: number | undefined;
}

const shown: readonly Shown[] = ['all', 'redirects', 'calls', 'refused'];
const oneOf = <T extends string>(values: readonly T[], value: string | null): T | undefined =>
  values.find((known) => known === value);
const wholeNumber = (value: string | null): number | undefined =>
  value !== null && /^\d{1,6}$/.test(value) ? Number(value) : undefined;

/** Reads the view from a query. A refused journey opens the step that failed, until a step or 0 (none) is chosen. */
export function viewOf(
  journey: Pick<Journey, 'failedStep' | 'outcome'>,
  query: URLSearchParams,
): JourneyView {
  const failed = journey.outcome === 'succeeded' ? null : journey.failedStep;
  const step = wholeNumber(query.get('step')) ?? failed ?? undefined;
  const hops: Hops = query.get('hops') === 'every' ? 'every' : 'one';
  return {
    step: step === 0 ? undefined : step,
    tab: oneOf(tabs, query.get('tab')),
    show: oneOf(shown, query.get('show')) ?? 'all',
    hops,
    token: wholeNumber(query.get('token')) ?? 0,
    page: wholeNumber(query.get('page')),
  };
}

type Change = {
  [Name in 'step' | 'tab' | 'show' | 'hops' | 'token' | 'page']?: JourneyView[Name] | undefined;
};

/** Returns the address of a changed view, relative to the page of the journey. It is in every row, so it is short. */
export function addressOf(view: JourneyView, change: Change = {}): string {
  const { step, tab, show, hops, token, page } = { ...view, ...change };
  const query = new URLSearchParams({
    step: String(step ?? 0),
    ...(tab ? { tab } : {}),
    ...(show === 'all' ? {} : { show }),
    ...(hops === 'one' ? {} : { hops }),
    ...(token ? { token: String(token) } : {}),
    ...(page === undefined ? {} : { page: String(page) }),
  });
  return `?${query}`;
}

/** Returns the address of a step. Its row is the target, so that it is in view without the script. */
export const stepAddress = (view: JourneyView, { number }: Pick<Message, 'number'>): string =>
  `${addressOf(view, { step: number, token: 0 })}#step-${number}`;
