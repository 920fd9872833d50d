/** Version of the product, as every part reports it. */
export const version = '0.1.0';
