/** Peers that live in bench/package.json: their types are there only once they are installed, so they count as `any` here. */
declare module 'sorted-btree'
declare module 'nodejs-order-book'
