import csv, sys, time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from shared_base.core.actor import SYSTEM
from shared_base.workbook.loading import import_workbook
from shared_base.workbook.reading import read_workbook
from tests.conftest import NOON
from tests.unit.workbook.building import row, csv_folder, tables
import sqlalchemy as sa, resource
N=int(__import__("os").environ.get("N","100000"))
def test_big(session, tmp_path):
    tz=timezone(timedelta(hours=8)); t0=datetime(2025,1,1,8,tzinfo=tz)
    spaces=[row("spaces",code=f"S{i:03d}",buffer_minutes="30") for i in range(200)]
    folder=csv_folder(tmp_path/"w", tables(spaces=spaces,leases=[row("leases",spaces="S001")]))
    with open(folder/"bookings.csv","w") as f:
        w=csv.DictWriter(f,list(row("bookings"))); w.writeheader()
        for n in range(N):
            s=t0+timedelta(hours=2*(n//200)); e=s+timedelta(hours=2)
            w.writerow(row("bookings",ref=f"B{n}",space=f"S{n%200:03d}",start=s.isoformat(),end=e.isoformat(),checked_in_at=s.isoformat(),checked_out_at=e.isoformat(),released_at=""))
    t=time.time(); wb=read_workbook(folder); print("read",time.time()-t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024)
    import cProfile,pstats
    p=cProfile.Profile(); 
    t=time.time(); r=import_workbook(session,wb,by=SYSTEM,at=NOON); print("load",time.time()-t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024)
    t=time.time(); r=import_workbook(session,read_workbook(folder),by=SYSTEM,at=NOON); print("again",time.time()-t, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024)
    print(r.as_text()[:400])
    assert 0
