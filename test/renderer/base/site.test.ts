import { expect, test } from 'vitest'
import { headName, headSite, layerOf, parseSite, siteText } from '@renderer/base/site'

test('a site written and read again is the same site', () => {
  const sites = [
    { hook: 'hook_embed' },
    { hook: 'blocks.1.attn.hook_z', head: 3, pos: 2 },
    { hook: 'blocks.11.mlp.hook_post', neuron: 0 },
  ]

  expect(sites.map((site) => parseSite(siteText(site)))).toEqual(sites)
  expect(siteText(sites[1]!)).toBe('blocks.1.attn.hook_z[head=3,pos=2]')
})

test('text that is no site is none', () => {
  expect(['', undefined, 'a b', 'hook_z[head]', 'hook_z[layer=2]', 'hook_z[head=-1]'].map(parseSite)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  )
})

test('a head is named by layer and head', () => {
  const site = parseSite(headSite(9, 6))!

  expect([headName(site), layerOf(site), headName({ hook: 'blocks.9.hook_mlp_out' })]).toEqual(['9.6', 9, undefined])
})
