//! What a shop for sports nutrition sells: invented brands, and lines of products with ordinary sizes and prices.

/// A brand.
pub(super) struct Brand {
    pub(super) name: &'static str,
    /// Its prices relative to others.
    pub(super) dearness: f64,
    /// The sentence that ends its descriptions.
    pub(super) promise: &'static str,
}

/// A line of products that every brand sells.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    /// How it is packed, and how many servings that is.
    pub(super) sizes: &'static [(&'static str, i32)],
    pub(super) flavours: &'static [&'static str],
    pub(super) cents_per_serving: f64,
    pub(super) description: &'static str,
}

const fn brand(name: &'static str, dearness: f64, promise: &'static str) -> Brand {
    Brand { name, dearness, promise }
}

pub(super) const BRANDS: [Brand; 12] = [
    brand("Northpeak", 1.15, "Tested batch by batch by an independent laboratory."),
    brand("Ironleaf", 1.00, "Made without artificial colours."),
    brand("Vantage Labs", 1.25, "Every dose is printed on the label, no blends."),
    brand("Barefoot Fuel", 0.95, "Made with plants, packed in paper."),
    brand("Tideline", 1.05, "Sourced and packed near the sea."),
    brand("Kettle & Oak", 1.10, "A short list of ingredients you can read."),
    brand("Summit Ration", 0.90, "Honest quality at a fair price."),
    brand("Pulsewave", 1.00, "Mixes in seconds without clumps."),
    brand("Hearthgrain", 0.98, "Sweetened with stevia only."),
    brand("Redline Athletics", 1.20, "Certified for competition athletes."),
    brand("Clearwater", 1.02, "Free of gluten, soy and palm oil."),
    brand("Loop Nutrition", 0.88, "Refill pouches save plastic and money."),
];

const SHAKES: &[&str] = &["Vanilla", "Chocolate", "Strawberry", "Salted Caramel", "Banana", "Cookies & Cream"];
const FRUITS: &[&str] = &["Lemon", "Orange", "Berry Mix", "Watermelon", "Green Apple", "Peach Iced Tea"];
const BARS: &[&str] = &["Peanut", "Dark Chocolate", "Coconut", "Hazelnut", "Raspberry Yoghurt"];
const NONE: &[&str] = &[];

macro_rules! line {
    ($category:literal, $name:literal, $sizes:expr, $flavours:expr, $cents:literal, $description:literal) => {
        Line {
            name: $name,
            category: $category,
            sizes: &$sizes,
            flavours: $flavours,
            cents_per_serving: $cents,
            description: $description,
        }
    };
}

/// 50 sizes in all.
#[rustfmt::skip]
pub(super) const LINES: &[Line] = &[
    line!("protein", "Whey Concentrate", [("500 g", 16), ("1 kg", 33), ("2.5 kg", 83)], SHAKES, 120.0,
        "Creamy whey with 23 g of protein per shake."),
    line!("protein", "Whey Isolate", [("750 g", 25), ("1.8 kg", 60)], SHAKES, 165.0,
        "Filtered whey with 27 g of protein and hardly any lactose."),
    line!("protein", "Micellar Casein", [("900 g", 30), ("2 kg", 66)], SHAKES, 145.0,
        "Slow protein for the hours between dinner and breakfast."),
    line!("protein", "Vegan Protein", [("600 g", 20), ("1.2 kg", 40)], SHAKES, 150.0,
        "Pea, rice and pumpkin seed with a complete set of amino acids."),
    line!("protein", "Egg White Protein", [("700 g", 23)], SHAKES, 170.0,
        "Spray-dried egg white from barn hens, free of milk."),
    line!("amino-acids", "BCAA 2:1:1", [("300 g", 30), ("500 g", 50)], FRUITS, 75.0,
        "Leucine, isoleucine and valine for long sessions."),
    line!("amino-acids", "EAA Complete", [("400 g", 33)], FRUITS, 105.0,
        "All nine essential amino acids in one scoop."),
    line!("amino-acids", "L-Glutamine", [("250 g", 50), ("500 g", 100)], NONE, 42.0,
        "Pure fermented glutamine, stirs into anything."),
    line!("amino-acids", "L-Citrulline Malate", [("300 g", 50)], NONE, 62.0,
        "Citrulline and malate two to one, taken before training."),
    line!("creatine", "Creatine Monohydrate", [("300 g", 100), ("500 g", 166), ("1 kg", 333)], NONE, 26.0,
        "Micronised monohydrate, 3 g a day, the best studied supplement there is."),
    line!("creatine", "Creatine Capsules", [("120 capsules", 30), ("240 capsules", 60)], NONE, 70.0,
        "Creatine monohydrate for the gym bag."),
    line!("pre-workout", "Pre-Workout Charge", [("300 g", 30), ("600 g", 60)], FRUITS, 125.0,
        "200 mg of caffeine with beta-alanine and citrulline."),
    line!("pre-workout", "Pre-Workout Calm", [("300 g", 30)], FRUITS, 120.0,
        "The pump without the caffeine, for evening sessions."),
    line!("pre-workout", "Beta-Alanine", [("200 g", 62), ("400 g", 125)], NONE, 33.0,
        "3.2 g a day against the burn of long sets."),
    line!("hydration", "Electrolyte Tabs", [("20 tablets", 20), ("3 x 20 tablets", 60)], FRUITS, 42.0,
        "Sodium, potassium and magnesium in a tablet that fizzes."),
    line!("hydration", "Isotonic Drink", [("600 g", 15), ("1.2 kg", 30)], FRUITS, 95.0,
        "Carbohydrates and salts for rides beyond the first hour."),
    line!("endurance", "Energy Gel", [("12 x 40 g", 12), ("24 x 40 g", 24)], FRUITS, 190.0,
        "Two to one glucose and fructose, 25 g of carbohydrate a sachet."),
    line!("endurance", "Maltodextrin", [("1 kg", 25), ("3 kg", 75)], NONE, 45.0,
        "Neutral carbohydrate for bottles and baking."),
    line!("bars", "Protein Bar", [("12 x 60 g", 12), ("24 x 60 g", 24)], BARS, 270.0,
        "20 g of protein and less than 2 g of sugar in a bar that does not taste like it."),
    line!("bars", "Oat Bar", [("15 x 50 g", 15)], BARS, 185.0,
        "Rolled oats and honey for the top of the climb."),
    line!("vitamins", "Vitamin D3 + K2", [("60 drops doses", 60), ("180 drops doses", 180)], NONE, 26.0,
        "2000 IU of D3 with K2 in MCT oil, for winters indoors."),
    line!("vitamins", "Multivitamin Active", [("60 tablets", 60), ("120 tablets", 120)], NONE, 36.0,
        "Twenty-four vitamins and minerals in doses that make sense."),
    line!("vitamins", "Vitamin C Buffered", [("100 tablets", 100)], NONE, 21.0,
        "500 mg as calcium ascorbate, gentle on the stomach."),
    line!("minerals", "Magnesium Bisglycinate", [("90 capsules", 45), ("180 capsules", 90)], NONE, 48.0,
        "A form of magnesium that is absorbed well, for calm nights."),
    line!("minerals", "Zinc Picolinate", [("60 capsules", 60)], NONE, 26.0,
        "15 mg a day with the evening meal."),
    line!("health", "Omega-3", [("60 softgels", 30), ("120 softgels", 60)], NONE, 65.0,
        "EPA and DHA from small fish, distilled and free of heavy metals."),
    line!("health", "Collagen Peptides", [("300 g", 30), ("600 g", 60)], NONE, 90.0,
        "Hydrolysed collagen with vitamin C for tendons and skin."),
    line!("health", "Ashwagandha", [("60 capsules", 60)], NONE, 43.0,
        "600 mg of root extract for the busy weeks."),
];
