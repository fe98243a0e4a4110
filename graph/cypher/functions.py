"""The functions and procedures that a query may call: those that only compute, or only read."""

__all__ = ["FUNCTIONS", "LADYBUG", "PROCEDURES"]

_BOTH = """
abs acos all any asin atan atan2 avg ceil coalesce collect cos cot count date degrees floor
id keys labels left length log10 lower ltrim max min nodes none nullif percentilecont
percentiledisc pi properties radians range relationships replace reverse right round rtrim sign
sin single size sqrt substring sum tan tolower toupper trim upper
"""

_NEO4J = """
btrim char_length character_length duration duration.between duration.indays duration.inmonths
duration.inseconds date.truncate datetime datetime.fromepoch datetime.fromepochmillis
datetime.truncate e elementid endnode exists exp haversin head isempty isnan last localdatetime
localtime log normalize point point.distance point.withinbbox rand randomuuid reduce split
startnode stdev stdevp tail time timestamp toboolean tobooleanlist tobooleanornull tofloat
tofloatlist tofloatornull tointeger tointegerlist tointegerornull tostring tostringlist
tostringornull type valuetype vector.similarity.cosine vector.similarity.euclidean
"""

_LADYBUG = """
array_append array_cat array_concat array_contains array_cosine_similarity array_cross_product
array_distance array_dot_product array_extract array_has array_indexof array_inner_product
array_position array_prepend array_push_back array_push_front array_slice array_squared_distance
array_value bitshift_left bitshift_right bitwise_and bitwise_or bitwise_xor cardinality cast cbrt
ceiling century concat concat_ws contains count_if current_date current_timestamp date_part
date_trunc datepart datetrunc dayname element_at end_node ends_with epoch_ms even factorial gamma
gen_random_uuid greatest hash histogram ifnull initcap interval is_acyclic is_trail label last_day
lcase least levenshtein lgamma list_any_value list_append list_cat list_concat list_contains
list_creation list_distinct list_element list_extract list_filter list_has list_has_all
list_has_any list_indexof list_max list_min list_position list_prepend list_product list_reduce
list_reverse list_reverse_sort list_slice list_sort list_sum list_to_string list_transform
list_unique ln log log2 lpad make_date map map_extract map_keys map_values md5 monthname negate
octet_length pow prefix random regexp_extract regexp_extract_all regexp_full_match regexp_matches
regexp_replace regexp_split_to_array rels repeat rpad sha256 split_part start_node starts_with
string string_split string_to_array struct_extract struct_pack str_split substr suffix time_bucket
timestamp to_bool to_date to_days to_double to_float to_hours to_int64 to_interval to_minutes
to_months to_seconds to_string to_timestamp to_years typeof ucase
"""

LADYBUG = frozenset((_BOTH + _LADYBUG).split())
"""Functions that Ladybug has, in small letters."""

FUNCTIONS = LADYBUG | frozenset(_NEO4J.split())
"""Functions of either store that only compute, in small letters."""

PROCEDURES = frozenset(
    """
    db.labels db.relationshiptypes db.propertykeys db.schema.visualization
    db.schema.nodetypeproperties db.schema.reltypeproperties
    show_tables table_info db_version show_functions show_indexes
    """.split()
)
"""Procedures of either store that only read the graph or its schema, in small letters."""
