import { textOf, trackedFiles } from './tracked.mjs';

const status = /^Status: (accepted|superseded by \[ADR \d+\]\([\w.-]+\)), \d{4}-\d\d-\d\d\./;

/** "Alternatives" may be left out. */
const form = /^Context Decision (Alternatives )?Consequences$/;

const numberOf = (file) => Number(file.slice('docs/adr/'.length).split('-')[0]);

/** Checks that each ADR has a number of its own, which is in the title, a status, and its sections in order. */
export function decisions() {
  const files = trackedFiles().filter((file) => file.startsWith('docs/adr/'));
  const taken = files.filter((file, n) => n > 0 && numberOf(file) === numberOf(files[n - 1]));
  return [
    ...taken.map((file) => `${file}: another ADR has this number`),
    ...files.flatMap((file) => {
      const [title = '', , second = '', ...lines] = (textOf(file) ?? '').split('\n');
      const number = numberOf(file);
      const sections = lines.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
      return [
        title.startsWith(`# ${number}. `) ? [] : [`${file}: the title does not begin with "# ${number}. "`],
        status.test(second) ? [] : [`${file}: the third line is not "Status: accepted, YYYY-MM-DD."`],
        form.test(sections.join(' '))
          ? []
          : [`${file}: the sections are not Context, Decision, Alternatives (if any), Consequences`],
      ].flat();
    }),
  ];
}
