"""The words that jobs' names are made of, most of them from the package coolname's lists.

They are kept here because a name must depend on nothing but what is evaluated: with another list, or another order,
the same configs would get another name and run a second time. So never change them.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ADJECTIVES", "ANIMALS"]

_ADJECTIVES = """
abiding abstract acoustic acrid adamant adaptable adept admirable adorable advanced affable agile airborne alluring
aloof amazing ambitious ambrosial amiable amorphous amphibian amusing analytic ancient angelic antique aquatic
arboreal arcane archetypal armored aromatic arrogant aspiring astute athletic attentive attractive audacious augmented
auspicious authentic automatic awesome axiomatic beautiful beneficial benevolent benign bipedal blazing boisterous
bold bouncy brainy brave brawny bright brilliant broad bulky burrowing busy calm capable caped careful casual cautious
celestial charming cheerful cherubic chirpy chivalrous classic classy clever colorful comical competent complex
congenial conscious convivial cordial courageous crafty crouching cryptic crystal cuddly cunning curious curly daffy
daft dainty dancing daring dark dashing dazzling debonair defiant deft delectable delicate delightful determined
dexterous didactic diligent discerning discreet divergent dramatic durable dynamic eager easygoing eccentric ecstatic
efficient elastic elated electric electronic elegant elfish elite elusive eminent emotional enchanted energetic
enigmatic esoteric essential ethereal evasive excellent exotic expert exuberant fabulous fair faithful famous
fantastic fast favorite feathered fervent festive fictional fiery fine finicky flashy flat flawless flexible fluffy
flying foamy fortunate fractal fragrant free fresh friendly frisky functional funky funny furious furry futuristic
fuzzy gainful garrulous generous gentle gifted glaring gleaming gleeful glistening glittering glorious glossy gorgeous
graceful gracious grateful gregarious grinning groovy hallowed happy hasty healthy heavenly helpful hidden hilarious
holistic honest honorable honored hopeful hopping horned hospitable humble humorous hungry hypersonic hypnotic icy
idealistic imaginary impartial imperious impetuous imposing impressive ingenious innocent intrepid invaluable
inventive invisible jolly jovial judicious juicy jumping keen kind laughing light likable literate lively logical
lovely loyal lucky ludicrous luminous lumpy lurking lush magnetic majestic marvellous masterful mature meek mellow
melodic memorable merciful merry meteoric meticulous mighty mindful miraculous misty modern modest monumental mottled
muscular musical mysterious mystic natural neat nebulous neon nice nifty nimble nippy noble nocturnal noisy nonchalant
normal nostalgic observant offbeat omniscient opalescent optimistic ordinary organic original outgoing pastel pastoral
peculiar perky piquant placid poetic poised polar polite popular positive powerful practical pragmatic precious
precise pristine private prodigious proficient prompt prophetic proud prudent puzzling quaint qualified quantum quick
quiet quirky quixotic quizzical radiant rapid rare realistic reasonable rebel refined refreshing relaxed remarkable
resilient resolute rich righteous rigorous roaring romantic rough rousing ruddy rugged rustling sassy savvy sceptical
screeching sensible serious shaggy shiny shrewd silent silky simple sincere singing skilled smart smiling smoky smooth
sociable soft solemn solid sparkling spectral speedy spicy spiffy spirited spiritual splendid spotted spry stalwart
steadfast steady sticky stirring stoic straight strange strategic strict striped strong sturdy stylish subtle succinct
supportive sweet swinging tactful talented tall tangible tasteful terrific thankful thoughtful thundering tidy
tremendous tricky tunneling unique unselfish unyielding upbeat urban vague valiant venerable versatile versed
victorious vigilant vigorous visionary vivacious vivid vociferous wakeful wandering warm warping watchful whimsical
whispering wild winged wise witty wonderful wondrous wooden zealous zippy
"""

_ANIMALS = """
aardvark aardwolf agama agouti albatross alligator alpaca ammonite anaconda angelfish ant anteater antelope ara
armadillo auk avocet axolotl badger bandicoot barnacle barracuda bat bear beaver bee beetle beluga bettong binturong
bird bison bittern boa boar bobcat bonobo buffalo bull bullfinch bullfrog bumblebee bustard butterfly buzzard caiman
camel capuchin capybara caracal caracara caribou carp cassowary catfish centipede chachalaca chameleon chamois cheetah
chinchilla chipmunk chital cicada civet clam coati cobra cockatoo cockle condor coot copperhead cormorant coua coucal
cougar coyote crab crane crayfish cricket crocodile crow curassow cuscus cuttlefish deer degu dingo dinosaur dodo
dogfish dolphin dormouse dove dragonfly duck dugong eagle earthworm echidna eel elephant elk emu ermine falcon fennec
ferret finch firefly flamingo flounder fossa fox frog frogmouth fulmar galago gaur gazelle gecko gerbil gharial gibbon
giraffe goldfish gopher goshawk grebe groundhog grouse guan guillemot guppy hamster hare harrier hawk hedgehog heron
herring hippo hoatzin honeybee hornet horse hound hyrax ibex ibis iguana impala inchworm jacamar jackal jackdaw
jackrabbit jaguar jaguarundi jaybird jellyfish jerboa junglefowl kagu kakapo kangaroo kestrel kingfisher kittiwake
kiwi koala koel kudu ladybug lemming lemur leopard limpet lion lionfish lizard llama lobster locust loon lorikeet
loris lynx lyrebird macaque macaw mackerel magpie malkoha mamba mammoth manatee mandrill mantis manul markhor marmoset
marmot marten mastodon mayfly meerkat millipede mink mole mongoose moose moth mouflon mouse muskox muskrat mussel myna
narwhal nautilus newt numbat nuthatch nyala oarfish ocelot octopus okapi orangutan orca oriole oryx ostrich otter owl
oxpecker oyster panda panther parakeet parrot partridge peacock peccary pelican penguin petrel pheasant piculet pigeon
pillbug platypus pogona polecat porcupine porpoise potoo prawn pronghorn pudu puffin puma quail quetzal quokka quoll
rabbit raccoon raptor raven reindeer rhino ringtail roadrunner robin rook rooster saiga salamander salmon sambar
sawfish sawfly scallop scorpion seagull seahorse seal seriema serval shark sheep shellfish shoebill shrimp sidewinder
silkworm skink skua skylark sloth smilodon snail sparrow spider spoonbill squid squirrel stallion starfish starling
stingray stoat stork sturgeon sunfish swallow swan swift taipan tamarin tanuki tapir tarantula tarsier teal tench
tiger toad tody tortoise toucan toucanet trogon trout tuatara turaco turkey turtle uakari vicugna vole wallaby walrus
wapiti warthog waxbill whale wildcat wildebeest wolf wolverine wombat woodpecker wrasse wren yak zebra zebu
"""

ADJECTIVES: Final = tuple(_ADJECTIVES.split())
ANIMALS: Final = tuple(_ANIMALS.split())
