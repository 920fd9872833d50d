export const personaText = {
  label: 'Test user',
  hint: 'Development only: choose one of the fictional people, without a card, key or code.',
  title: 'Sign in as a test user',
  lead: 'Development only: choose who to sign in as.',
  counts: 'The sign-in counts as level {level}, {methods}.',
  legend: 'Person',
  unchosen: 'Choose a person.',
  next: 'Sign in',
  noRoles: 'no roles',
  oneRole: 'one role',
  roles: '{count} roles',
};
