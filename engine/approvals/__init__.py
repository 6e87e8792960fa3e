"""Operations that wait for people, and what their approval gives.

request      one review, and the table of what can become of it
asking       an operation → the review that asks about it, and back
grants       what an approval is bound to: these exact bytes, by this token, under this rule
ballot       a vote as its person signs it
eligibility  who may vote on a review, and why not
records      reviews as the store keeps them
docket       the open reviews: each change in the store, then the log, then memory
queue        what the pipeline and people do with them (`queue.ReviewQueue`)
"""
