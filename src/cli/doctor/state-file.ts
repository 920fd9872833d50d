import { type Check, type Finding, ok, type Subject, wrong } from './check.ts';

function judge({ stateFile, console, origin, silence }: Subject): Finding {
  if (!stateFile) return ok('There is none, or --port-base selects the instance.');
  const { file } = stateFile;
  if ('problem' in stateFile)
    return wrong(
      stateFile.problem,
      'Start the instance again, which writes it again, or select one with --state or --port-base.',
    );
  const { state, alive } = stateFile;
  if (!alive)
    return wrong(
      `${file} was left behind: process ${state.pid} does not run any more.`,
      `Start the instance again with "npm start", or delete ${file}.`,
    );
  if (!console)
    return wrong(
      `Process ${state.pid} of ${file} runs, but its console does not answer at ${origin} (${silence}).`,
      `Wait if it is starting or stopping. Else another process may have got the number: delete ${file} and start again.`,
    );
  if (console.urls.console !== state.urls.console || console.urls.cis2Issuer !== state.urls.cis2Issuer)
    return wrong(
      `Another instance answers at ${origin} than the one of ${file}.`,
      'Stop one of the two, or select one with --port-base.',
    );
  return ok(`${file}, process ${state.pid}`);
}

export const stateFile: Check = { name: 'state-file', run: (subject) => [judge(subject)] };
