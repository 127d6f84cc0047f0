using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>
/// Finds the data of each CPU in an uncompressed buffer without its index: there is nothing but pages, one CPU's behind the other's. The time of one CPU
/// never goes back, so where it does another CPU begins. CPUs of which one began after the other's last event are taken for one; their events are in order
/// all the same.
/// </summary>
internal sealed class PageRuns(ByteSource source, PageShape shape, int alignment)
{
    private const int ReadAhead = 256 << 10;

    /// <summary>The pages of each CPU; none if there is no page.</summary>
    internal List<CpuPlace> Find(long start, long end)
    {
        var places = new List<CpuPlace>();
        var at = First(start, end);
        if (at >= end)
            return places;
        var pages = new CpuStream(source, shape, new CpuStatistics(0, 0), at, end - at, null, new DiagnosticBag(), ReadAhead);
        ulong latest = 0;
        long run = at, page = at;
        while (pages.MoveNext())
        {
            if (pages.IsLostNote)
                continue; // the page's first record tells
            var itsPage = at + ((pages.RecordOffset - at) / shape.PageSize * shape.PageSize);
            if (pages.Time < latest && itsPage > page && places.Count < RecordingHeader.MostCpus - 1)
            {
                places.Add(new CpuPlace(places.Count, run, itsPage - run));
                run = itsPage;
            }

            (latest, page) = (pages.Time, itsPage);
        }

        places.Add(new CpuPlace(places.Count, run, end - run));
        return places;
    }

    /// <summary>The first page: at a multiple of the machine's page size, behind zeros. A page begins with its time, which is not zero.</summary>
    private long First(long start, long end)
    {
        Span<byte> time = stackalloc byte[shape.TimestampSize];
        var at = (start + alignment - 1) / alignment * alignment;
        for (var last = at + shape.PageSize; at < Math.Min(last, end); at += alignment)
        {
            if (source.ReadAt(at, time) < time.Length || time.ContainsAnyExcept((byte)0))
                break;
        }

        return at;
    }
}
