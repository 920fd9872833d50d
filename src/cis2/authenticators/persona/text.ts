export const personaText = {
  label: 'Anybody',
  hint: 'For development: be one of the fictional people, without any proof.',
  title: 'Sign in as anybody',
  lead: 'For development: choose a person, and you are that person.',
  counts: 'The sign-in counts as level {level}, {methods}.',
  legend: 'Who do you want to be?',
  unchosen: 'Choose a person.',
  next: 'Sign in',
  noRoles: 'no roles',
  oneRole: 'one role',
  roles: '{count} roles',
};
