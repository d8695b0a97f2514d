package domain

import (
	"strings"
	"unicode"
)

// RandomAlias draws a name of two neutral words, such as "Steady Heron". No word
// is a given name or tells of a gender, an origin or a history. intN returns a
// random number from 0 up to, not including, its argument. The caller draws
// again when the alias is taken.
func RandomAlias(intN func(n int) int) string {
	return aliasQualities[intN(len(aliasQualities))] + " " + aliasThings[intN(len(aliasThings))]
}

// FoldAlias brings an alias to the form in which it is unique: letter case and
// spacing make no difference.
func FoldAlias(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// checkAlias refuses what could be an address or a number of a person.
func checkAlias(f *Faults, alias string) {
	letter := false
	for _, r := range alias {
		switch {
		case unicode.IsLetter(r):
			letter = true
		case unicode.IsMark(r), unicode.IsDigit(r), r == ' ', r == '-', r == '\'':
		default:
			f.Add("/alias", "invalid", "an alias is made of letters, digits, spaces, hyphens and apostrophes")
			return
		}
	}
	if !letter {
		f.Add("/alias", "invalid", "an alias has at least one letter")
	}
}

var aliasQualities = strings.Fields(`
	Agile Airy Alpine Ample Ardent Avid Azure Balmy Bold Breezy Bright Brisk Calm Candid Central Cheery Clear
	Clever Coastal Copper Cordial Cosmic Crisp Deft Distant Eager Early Earnest Eastern Equal Exact Fabled Fair
	Fleet Fluent Frosty Genial Gentle Glad Grand Green Hardy Hearty Honest Indigo Inland Jolly Keen Kind Lively
	Lofty Lucid Lunar Marine Mellow Merry Mild Modest Nimble Noble Northern Orange Patient Placid Polar Prompt
	Proud Quick Quiet Rapid Ready Restful Robust Rustic Serene Sincere Solar Southern Spirited Stable Steady
	Sturdy Sunny Swift Tidy Timely Tranquil Upbeat Upland Valiant Verdant Vivid Warm Western Wise Witty Zesty`)

var aliasThings = strings.Fields(`
	Acorn Alder Anchor Arbor Atlas Badger Bamboo Banyan Basin Beacon Beech Birch Bison Bluff Bobolink Boulder
	Bramble Breeze Canyon Cape Cardinal Cedar Chestnut Clover Comet Compass Condor Cove Crane Creek Crest Cypress
	Delta Dune Elk Elm Field Fjord Forest Garnet Geyser Glacier Glade Granite Grove Gull Harbor Heron Hickory
	Hill Horizon Ibis Island Kestrel Lagoon Lake Lantern Larch Lark Lichen Linden Lynx Mango Maple Marsh Meadow
	Mesa Mistral Moss Mountain Nectar Oak Oasis Ocean Orchard Oriole Osprey Otter Palm Pebble Pelican Pine
	Plain Plateau Plover Pond Poplar Prairie Puffin Quartz Quill Reef Ridge Sail Sandpiper Sequoia Shore Sparrow
	Spruce Stone Stork Stream Summit Swan Teal Thicket Thistle Tide Timber Tundra Valley Walnut Wave Wheat`)
