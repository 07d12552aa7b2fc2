/** Words for prompts: common, and each, with a space before it, a single token of GPT-2's. */

export const firstNames: readonly string[] = words(`
  Aaron Adam Alexander Alicia Allison Amanda Amber Amy Andrea Andrew Angela Anthony Ashley Benjamin Bradley Brandon
  Brian Brittany Bryan Charles Christina Christine Christopher Cody Courtney Crystal Daniel Danielle David Dustin
  Elizabeth Emily Eric Erica Erin Gregory Heather Jacob James Jamie Jason Jeffrey Jennifer Jeremy Jesse Jessica John
  Jonathan Jose Joseph Joshua Justin Katherine Katie Kelly Kenneth Kevin Kimberly Kristen Kyle Laura Lauren Lindsay
  Lisa Mark Mary Matthew Megan Melissa Michael Michelle Nathan Nicholas Nicole Patrick Paul Rachel Rebecca Richard
  Robert Ryan Samantha Samuel Sara Sarah Scott Sean Shannon Stephanie Stephen Steven Thomas Tiffany Timothy Travis
  Tyler Vanessa William`)

/** What lasts for years. */
export const events: readonly string[] = words(`
  alliance blockade campaign career construction contract crisis debate dispute drought dynasty empire epidemic
  exhibition exile expedition experiment famine festival feud friendship investigation journey marriage mission
  negotiations occupation operation partnership patrol pilgrimage plague program project prosecution quarantine
  rebellion regime reign renovation research revolution search season siege strike study survey tour tradition treaty
  trial truce voyage war`)

/** Short words of any kind, for sequences without meaning. */
export const commonWords: readonly string[] = words(`
  apple arm army ball bank base bed bell bird blood board boat body bone book box bread bridge brown butter cake camp
  car card cat chair child circle city class cloud coat coffee cold corn cow cup desk dinner doctor dog door dream
  dress dust ear earth egg engine eye face farm feather field fire fish flag floor flower foot forest fruit game
  garden gate glass gold grass green hair hand hat heart hill horse hotel hour house ice iron island key king kitchen
  knife lake lamp leaf leg letter light line lion lip machine map market meat milk mirror money moon mountain mouth
  music nail name neck needle night nose oil orange page paper pen picture plane plate pocket poem prison queen rain
  ring river road rock roof room rope rose salt sand school sea seed sheep ship shirt shoe silver sky snow soap son
  song spring star stone storm street sugar summer sun table tail tea thread tiger time tongue tooth tower town train
  tree valley village voice wall watch water week wheel wind window wine winter wolf wood wool word year`)

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
