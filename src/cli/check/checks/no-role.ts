import { type Check, failed, notRun, passed } from '../check.ts';
import { isAccident } from '../refusal.ts';
import { placeOf } from '../trial.ts';

export const noRole: Check = {
  name: 'cis2-person-without-role',
  does: 'A sign-in of a person for whom userinfo has no role.',
  expects: 'It shows a page, signed in or not, and no accident.',
  source: 'NHS CIS2 Authentication, Role selection',
  async run(trial) {
    const { result, met } = await trial.provider.withFault('userinfo-no-roles', { next: 1 }, () =>
      trial.signIn(),
    );
    if (!met) return notRun('The application did not ask CIS2 for userinfo.');
    return isAccident(result) ? failed(placeOf(result.landing)) : passed(placeOf(result.landing));
  },
};
