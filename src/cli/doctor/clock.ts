import { type Check, type ConsoleState, type Finding, ok, wrong } from './check.ts';

/** Tolerated clock difference of another machine's signed request, in milliseconds. */
const tolerated = 10_000;

export function judgeClock({ clock, asked, answered }: ConsoleState): Finding[] {
  const { offsetSeconds } = clock;
  const theirs = Date.parse(clock.now) - offsetSeconds * 1000;
  // The server responded at some moment between the two.
  const off = theirs < asked ? theirs - asked : Math.max(0, theirs - answered);
  const findings = [
    Math.abs(off) > tolerated
      ? wrong(
          `The clock of the console's machine is ${Math.abs(Math.round(off / 1000))} s ${off > 0 ? 'ahead of' : 'behind'} this one's.`,
          'Let both machines take the time from the network (NTP): sign-ins with old or future times are refused.',
        )
      : ok("The clocks of the console's machine and this one agree."),
  ];
  if (offsetSeconds !== 0)
    findings.push({
      outcome: 'remark',
      detail: `The clock of the services was moved by ${offsetSeconds} s for a test.`,
      mend: 'DELETE /api/v1/clock at the console returns to real time.',
    });
  return findings;
}

export const clock: Check = { name: 'clock', run: ({ console }) => (console ? judgeClock(console) : []) };
