def test_probe(stranger, person, signed_in, session):
    from tests.factories.catalogue import make_base
    make_base(session)
    c = stranger()
    r = c.get("/sign-in"); print(r.status_code); assert r.status_code == 200, r.text
    a = person("admin")
    b = signed_in(a)
    for p in ("/account","/account/password","/account/two-step","/account/sessions","/account/tokens","/people","/people/new",f"/people/{a.id}","/audit","/people?format=csv","/audit?format=xlsx","/audit?table=users"):
        r = b.get(p, headers={"Accept-Language":"en"}); print(p, r.status_code)
        assert r.status_code == 200
    assert 0
