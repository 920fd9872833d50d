/** Accounts with an e-mail address and a password. */
export const accountText = {
  signInName: 'You sign in with this e-mail address',
  noEmail:
    'The directory has no e-mail address for you, and you need one to sign in. Ask your registration authority to add it.',
  taken: 'Another person already signs in with this e-mail address. Ask your registration authority.',
  password: 'New password',
  passwordHint:
    'At least 12 characters. Three or four unrelated words make a good password. Do not use your name, or a password that other people use.',
  repeat: 'New password again',
  save: 'Save',
  problems: {
    tooShort: 'The password is too short. Use 12 characters or more.',
    tooLong: 'The password is too long. Use 128 characters or fewer.',
    known: 'Many people use this password, or it is easy to guess. Choose another one.',
    own: 'The password contains your name or your e-mail address. Choose another one.',
    unequal: 'The two passwords are not the same.',
  },
};
