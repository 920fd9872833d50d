/** Licences that allow redistribution with their notice. Another one fails the build until someone has read it. */
const allowed = ['MIT', 'MIT-0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0'];

/** Returns the rule for the packages of a bundle, as rollup-plugin-license takes it. @param isOwn whether a package is of this clone */
export const allowedLicences = (isOwn) => ({
  test: (one) => isOwn(one) || allowed.includes(one.license),
  failOnUnlicensed: true,
  failOnViolation: true,
});
