/** FOR DEVELOPMENT ONLY, and public to the whole world: the password of every seeded person who has one. */
export const demoPassword = 'alongside-demo-1';

/** Its hash, so that nobody waits for it at a first start. */
export const demoHash =
  '$scrypt$ln=15,r=8,p=3$4pRpQTL03zjDCx01tR1J8w$LqsjgJ9i9tbs5vaniL/OU2vvhpHcfp/TUwPFZaQR+XY';
