/** What the pages of the authenticator app and of the password say. */
export const passwordSentences = {
  totp: {
    title: 'Sign in with your authenticator app',
    email: 'E-mail address',
    password: 'Password',
    next: 'Continue',
    codeTitle: 'Enter verification code',
    code: 'Verification code',
    codeHint: 'Six digits from your authenticator app. They change every 30 seconds.',
    submit: 'Submit',
    again: 'Start again with your e-mail address and password',
    wrong:
      'The e-mail address, the password or the code is not right, or the code was used before. Wait for the next code and try again.',
    locked:
      'There were too many wrong tries. Wait 15 minutes and try again, or choose another way to sign in.',
    tooLate: 'That took too long. Start again.',
  },
  password: {
    title: 'Sign in with your password',
    lead: 'This realm is for development: a password alone is assurance level 1.',
    name: 'User Name',
    nameHint: 'Your e-mail address',
    password: 'Password',
    next: 'Continue',
    wrong: 'The user name or the password is not right.',
    locked: 'There were too many wrong tries. Wait 15 minutes and try again.',
  },
  otherWay: 'Choose another way to sign in',
  enrolment: {
    title: 'Set up an authenticator app',
    passwordTitle: 'Set a password',
    signInName: 'You sign in with this e-mail address',
    noEmail:
      'The directory has no e-mail address of yours, and you need one to sign in with. Ask your registration authority to add it.',
    taken: 'Another person signs in with this e-mail address already. Ask your registration authority.',
    twice: 'You have an authenticator app already. Setting up a new one replaces it.',
    scan: 'Scan this picture with your authenticator app.',
    picture: 'QR code for your authenticator app',
    byHand: 'If you cannot scan it, type this key into the app:',
    password: 'New password',
    passwordHint:
      'At least 12 characters. Three or four words that do not belong together are good. Not your name, and nothing that others use as well.',
    repeat: 'New password again',
    code: 'Code from the app',
    codeHint: 'The six digits that the app shows now',
    save: 'Save',
    wrongCode:
      'This is not the code that the app shows now. Check that the phone has the right time, and try again.',
    problems: {
      tooShort: 'The password is too short. Use 12 characters or more.',
      tooLong: 'The password is too long. Use 128 characters or fewer.',
      known: 'Many people use this password, or it is easy to guess. Choose another one.',
      own: 'The password is made of your name or your e-mail address. Choose another one.',
      unequal: 'The two passwords are not the same.',
    },
    totpAdded:
      'From now on you sign in with your e-mail address, your password and the code that the app shows.',
    passwordAdded: 'From now on you sign in with your e-mail address and your password.',
  },
} as const;
