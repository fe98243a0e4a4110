"""The property graph of papers, materials and facts.

`schema` says what is in it; `staging` makes its tables from facts, `changes` compares them with
what a store holds, `loading` drives the two; `stores` are LadybugDB and Neo4j; `cypher` reads,
checks and translates queries, `cookbook` has some; `export` and `export_admin` write files,
`measured` keeps values of the user's own.
"""

__all__: list[str] = []
