"""Words that the made-up names are made of. No name is meant to be anybody's."""

from __future__ import annotations

_PLACES = """
    Abbeydale Alder Ashworth Beechcroft Blackmoor Bramley Calder Carrwood Castlegate Crossfield Dearne
    Derwent Eastwood Ecclesfield Fairholme Fenwick Garside Glenmore Greystones Hallam Harthill Heeley
    Hillsborough Kelham Kingsway Langsett Loxley Meadowhall Millhouses Netherthorpe Norwood Oakbrook
    Parkhill Pennine Redmires Rivelin Saltergate Sharrow Stannington Thornbridge Tinsley Upperthorpe
    Walkley Wentworth Whirlow Woodseats Wybourn Yewlands
"""
FIRST = tuple(_PLACES.split())
TRADES = (
    "Building Services",
    "Catering",
    "Care Homes",
    "Civil Engineering",
    "Cleaning",
    "Coaches",
    "Consulting",
    "Design & Print",
    "Electrical",
    "Facilities Management",
    "Fire & Security",
    "Fostering",
    "Grounds Maintenance",
    "Health & Safety",
    "Highways",
    "Housing Association",
    "IT Solutions",
    "Joinery",
    "Landscapes",
    "Legal Services",
    "Lifts & Hoists",
    "Mechanical",
    "Medical Supplies",
    "Office Supplies",
    "Plumbing & Heating",
    "Recruitment",
    "Roofing",
    "Scaffolding",
    "Signs",
    "Software",
    "Taxis",
    "Training",
    "Translation",
    "Tree Care",
    "Waste Management",
    "Windows",
)
FORMS = ("Ltd", "Limited", "plc", "LLP", "& Sons", "& Co.", "Group", "CIC")

STRIKING = (
    "Société Générale d'Éclairage SARL",
    "Müller & Söhne Bürotechnik GmbH",
    "O'Neill-Byrne Architects",
    "D’Arcy – Thornton LLP",
    "Café Ruélle",
    "Łódź Papier Sp. z o.o.",
    "Ångström Mätteknik AB",
    "Construcciones Núñez e Hijos, S.L.",
    '100% Recycled "Second Life" C.I.C.',
    "St. John's Hospice (Sheffield & District",
    "1 Env Solutions Ltd",
    "Smith, Jones; Brown + Partners",
)
"""Names with accents, dashes, apostrophes, quotes, a separator, a digit first, or all of the 40 characters."""

STREETS = ("High Street", "Station Road", "Mill Lane", "Church Street", "Forge Road", "Queen's Road", "The Green")
TOWNS = (("Sheffield", "S"), ("Leeds", "LS"), ("Rotherham", "S"), ("Barnsley", "S"), ("Derby", "DE"), ("York", "YO"))

UNITS = (
    ("1100", "Libraries"),
    ("1200", "Museums & Galleries"),
    ("1310", "Parks & Open Spaces"),
    ("1320", "Sports Centres"),
    ("2010", "Adult Social Care"),
    ("2020", "Learning Disabilities"),
    ("2030", "Residential Care"),
    ("2110", "Fostering & Adoption"),
    ("2120", "Care Leavers"),
    ("3010", "Highways Maintenance"),
    ("3020", "Street Lighting"),
    ("3030", "Waste Collection"),
    ("3040", "School Transport"),
    ("4010", "Housing Repairs"),
    ("4020", "Homelessness"),
    ("5010", "Human Resources"),
    ("5020", "Finance"),
    ("5030", "Legal & Governance"),
    ("5040", "Information Technology"),
    ("7", "Corporate"),
    ("R-20", "Regeneration"),
)
OBJECTS = (
    ("5110", "Agency Staff"),
    ("5230", "Training"),
    ("5310", "Repairs & Maintenance"),
    ("5320", "Electricity"),
    ("5330", "Gas"),
    ("5340", "Water"),
    ("5410", "Vehicle Hire"),
    ("5510", "Equipment"),
    ("5520", "Stationery"),
    ("5610", "Professional Fees"),
    ("5620", "Legal Fees"),
    ("5710", "Software Licences"),
    ("5810", "Care Packages"),
    ("5910", "Grants Paid"),
)
EURO_UNITS = (("8100", "Brussels Office"), ("8200", "Interreg Projects"))
