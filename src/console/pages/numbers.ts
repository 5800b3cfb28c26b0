/** Numbers as pages write them. */

/** 12,345. Not by Intl, which takes 12 ms to load for the first page. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(?:\d{3}){1,7}$)/g, ',')

/** "1 operation", "12,345 operations". */
export const operations = (count: number): string => `${grouped(count)} operation${count === 1 ? '' : 's'}`
