import { counted } from '@alongside/kernel/operator';
import { bannerOfEntry, errorsLike } from './catalogue.ts';
import { bannerOf, type ExplainKind, type Finding } from './finding.ts';
import { search } from './search.ts';

const longest = 200;

/** Explains words by the newest refusal of this installation that they fit, else by the best error of the catalogue. */
async function explain(text: string, console: Parameters<ExplainKind['explain']>[1]): Promise<Finding> {
  const errors = errorsLike(text);
  const ids = new Set(errors.map(({ id }) => id));
  const [found, [refusal]] = await Promise.all([
    search(text, console),
    console.refusals.newest(({ error }) => ids.has(error), 1),
  ]);
  const [best] = errors;
  const known = best ? bannerOfEntry(best) : null;
  const journeys = found.filter(({ kind }) => kind === 'journey').length;
  return {
    summary: `${counted(errors.length, 'error')} of the catalogue and ${counted(journeys, 'journey')} have these words.`,
    banner: refusal ? bannerOf(refusal) : known,
    checks: [],
    links: found.map(({ label, about, href }) => ({ label: `${label} (${about})`, href })),
  };
}

/** An error code, a status, a path or words of a refusal. */
export const words: ExplainKind = {
  id: 'words',
  label: 'words of an error',
  fits({ text, json, url, form, isJwtLike }) {
    if (json || url || form || isJwtLike || text.length > longest) return undefined;
    return errorsLike(text).length > 0 ? 'certain' : undefined;
  },
  explain: ({ text }, console) => explain(text, console),
};
