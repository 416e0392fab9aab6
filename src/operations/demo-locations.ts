import type { Location } from '../postgres/locations.ts'

/** Ten ward offices of Tokyo, where they are: a demonstration that looks like the real thing. */
export const demoLocations: Location[] = [
  { id: 'chiyoda', name: '千代田区役所 (Chiyoda)', address: '東京都千代田区九段南1-2-1' },
  { id: 'chuo', name: '中央区役所 (Chuo)', address: '東京都中央区築地1-1-1' },
  { id: 'minato', name: '港区役所 (Minato)', address: '東京都港区芝公園1-5-25' },
  { id: 'shinjuku', name: '新宿区役所 (Shinjuku)', address: '東京都新宿区歌舞伎町1-4-1' },
  { id: 'bunkyo', name: '文京区役所 (Bunkyo)', address: '東京都文京区春日1-16-21' },
  { id: 'taito', name: '台東区役所 (Taito)', address: '東京都台東区東上野4-5-6' },
  { id: 'sumida', name: '墨田区役所 (Sumida)', address: '東京都墨田区吾妻橋1-23-20' },
  { id: 'koto', name: '江東区役所 (Koto)', address: '東京都江東区東陽4-11-28' },
  { id: 'shibuya', name: '渋谷区役所 (Shibuya)', address: '東京都渋谷区宇田川町1-1' },
  { id: 'setagaya', name: '世田谷区役所 (Setagaya)', address: '東京都世田谷区世田谷4-21-27' },
]
