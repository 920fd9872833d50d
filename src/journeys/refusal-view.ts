import type { Activity } from '@alongside/kernel/activity';
import type { RefusalView } from './model.ts';

const sentence = (text: string): string => {
  const first = text.split('\n', 1)[0]?.trim().replace(/[.:]$/, '') ?? '';
  return `${first.slice(0, 1).toUpperCase()}${first.slice(1, 160)}`;
};

/** Returns why a request was refused, for people. */
export function refusalViewOf({ record }: NonNullable<Activity['refusal']>): RefusalView {
  const { error, description, detail, fix, actor, source } = record;
  return {
    error,
    field: null,
    headline: sentence(detail === '' ? description : detail),
    came: null,
    expected: null,
    mend: fix,
    actor,
    source,
  };
}
