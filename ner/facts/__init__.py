"""Facts out of papers: quantities and claims, each with the characters that say so.

Where what is:

- `extraction` puts the parts together for one paper (`parts`, `document`), `coherence` makes
  them agree, `modality` says who says it, `records` turns it into records and JSON;
- values: `numbers`, `grouped_numbers`, `value_grammar`, `value_context`, `value_candidates` read
  them, `value_model` and `value_features` judge them, `values` is the way in; units are in
  `matlore.units`;
- what a value is of: `linking`, with `property_*`, `material_*`, `own_materials`,
  `main_material`, `condition*`, `respectively` and `value_plausibility`;
- relations: `doping*`; `relation*` and `trees`; `same_as`;
- many papers together: `consolidation`, `claim_consolidation`, `agreement`, `comparable`,
  `ranking`, `of_material`;
- what ships: `starter_*`, `cards`;
- training and measuring: `linear`, `doping_training`, `relation_training`, `general`, `measeval`,
  `unit_evaluation`, `annotations`, `quantity_evaluation`.
"""

__all__: list[str] = []
