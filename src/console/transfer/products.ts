import { isDeepStrictEqual } from 'node:util';
import type { Product, Products } from '../../oauth/products.ts';

/** Makes exactly these the products. What is there already is left alone. */
export async function bringProducts(products: Products, targets: readonly Product[]): Promise<void> {
  const before = new Map(
    (await products.list()).map(({ revision: _, ...product }) => [product.name, product]),
  );
  for (const target of targets) {
    if (!isDeepStrictEqual(before.get(target.name), target)) await products.save(target);
    before.delete(target.name);
  }
  for (const name of before.keys()) await products.remove(name);
}
