using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Handoff.Ownership;

/// <summary>Half-open intervals of at most a page (4096 bytes), each with a number; they may overlap and repeat.</summary>
/// <remarks>
/// A hash table of the pages that they touch, at most two each. Long ranges are looked up page by page too, as long as there are few
/// such questions among many intervals; then a sorted list is made and kept, which answers them.
/// </remarks>
/// <param name="most">Intervals that a chain of the table takes, and that a look-up compares with.</param>
internal sealed class PageIntervals(int most = int.MaxValue)
{
    private const int PageShift = 12;
    private const ulong FewPages = 64; // looked up one by one at no cost
    private const int LargestKept = 1 << 14; // buckets of an empty table
    private const long CreditOfInterval = 4, MostCredit = 1 << 20;

    private Interval[] _intervals = new Interval[64];
    private int[] _buckets = new int[128]; // a power of two: the newest link of the chain, 0 for none
    private int _shift = 64 - 7;
    private int _used = 1; // number 0 is nobody's, so that no link is 0
    private int _free;
    private long _credit = 1 << 14; // further pages that may be looked up; keeps all time linear in the number of calls
    private SortedIntervals? _sorted;

    private struct Interval
    {
        public ulong Start, End;
        public int Value;
        public int NextOfFirst, NextOfLast; // chains of the first page and, if it is another, of the last one
        public int Depth; // no chain was longer when it was added
    }

    public int Count { get; private set; }

    public void Clear()
    {
        if (_buckets.Length > LargestKept)
            (_buckets, _shift, _intervals) = (new int[128], 64 - 7, new Interval[64]); // to clear it again and again would take long
        else if (Count > 0)
            Array.Clear(_buckets);
        (_used, _free, Count) = (1, 0, 0);
        _sorted = null;
    }

    /// <summary>Adds an interval.</summary>
    /// <returns>Whether it was added: not where too many are already.</returns>
    public bool Insert(ulong start, ulong end, int value)
    {
        if ((Count + 1) * 2 > _buckets.Length)
            Grow();
        int depth = DepthAt(start, end);
        if (depth > most)
            return false;
        Count++;
        _sorted?.Insert(start, end, value);
        if (_credit < MostCredit)
            _credit += CreditOfInterval;
        int number = _free;
        if (number != 0)
            _free = _intervals[number].NextOfFirst;
        else if ((number = _used++) == _intervals.Length)
            Array.Resize(ref _intervals, number * 2);
        ref Interval interval = ref _intervals[number];
        (interval.Start, interval.End, interval.Value, interval.Depth) = (start, end, value, depth);
        Link(ref interval, number);
        return true;
    }

    public bool Remove(ulong start, int value)
    {
        _sorted?.Remove(start, value);
        ref int link = ref _buckets[BucketOf(start >> PageShift)];
        while (link != 0)
        {
            ref Interval interval = ref _intervals[link >> 1];
            if ((link & 1) == 0 && interval.Value == value && interval.Start == start)
                break;
            link = ref NextOf(link);
        }

        if (link == 0)
            return false;
        int number = link >> 1;
        ref Interval removed = ref _intervals[number];
        link = removed.NextOfFirst;
        if (LastPage(removed) != start >> PageShift)
        {
            link = ref _buckets[BucketOf(LastPage(removed))];
            while (link != (number << 1 | 1))
                link = ref NextOf(link);
            link = removed.NextOfLast;
        }

        removed.NextOfFirst = _free;
        _free = number;
        removed.Value = -1;
        Count--;
        return true;
    }

    /// <summary>Adds to <paramref name="found"/> the numbers of all intervals that share a byte with [start, end), those that begin later first.</summary>
    /// <returns>Whether all were compared; if not, there may be others.</returns>
    public bool Overlapping(ulong start, ulong end, List<int> found)
    {
        if (Count == 0 || end <= start)
            return true;
        ulong first = start >> PageShift, last = (end - 1) >> PageShift;
        if (last - first >= FewPages && (_sorted is not null || last - first > (ulong)_credit))
        {
            return (_sorted ??= Sort()).Overlapping(start, end, found);
        }

        if (last - first >= FewPages)
            _credit -= (long)(last - first);
        int before = found.Count, left = most;
        for (ulong page = last; ; page--)
        {
            for (int link = _buckets[BucketOf(page)]; link != 0 && left > 0; link = NextOf(link), left--)
            {
                ref readonly Interval interval = ref _intervals[link >> 1];
                if (interval.Start >= end || interval.End <= start)
                    continue;

                // Each is told once: in its first page, or in the first page asked about if it begins before that.
                bool told = (link & 1) == 0 ? interval.Start >> PageShift == page : page == first && LastPage(interval) == page;
                if (told)
                    found.Add(link >> 1);
            }

            if (page == first || left == 0)
                break;
        }

        if (found.Count == before)
            return left > 0;
        Span<int> hits = CollectionsMarshal.AsSpan(found)[before..];
        if (hits.Length > 1)
            SortHits(hits);
        foreach (ref int hit in hits)
            hit = _intervals[hit].Value;
        return left > 0;
    }

    /// <summary>All numbers, in no particular order.</summary>
    public IEnumerable<int> Values()
    {
        for (int number = 1; number < _used; number++)
        {
            if (_intervals[number].Value >= 0)
                yield return _intervals[number].Value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LastPage(in Interval interval) => (interval.End > interval.Start ? interval.End - 1 : interval.Start) >> PageShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref int NextOf(int link)
    {
        ref Interval interval = ref _intervals[link >> 1];
        return ref (link & 1) == 0 ? ref interval.NextOfFirst : ref interval.NextOfLast;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int BucketOf(ulong page) => (int)(page * 0x9e37_79b9_7f4a_7c15 >> _shift);

    /// <summary>How long the longer chain of a new interval is going to be, or more than that if it is not too long all the same.</summary>
    private int DepthAt(ulong start, ulong end)
    {
        ulong first = start >> PageShift, last = (end > start ? end - 1 : start) >> PageShift;
        int one = _buckets[BucketOf(first)], other = first == last ? 0 : _buckets[BucketOf(last)];
        int depth = Math.Max(one == 0 ? 0 : _intervals[one >> 1].Depth, other == 0 ? 0 : _intervals[other >> 1].Depth) + 1;
        return depth <= most ? depth : Math.Max(LengthFrom(one), LengthFrom(other)) + 1; // many have gone since, perhaps
    }

    private int LengthFrom(int link)
    {
        int length = 0;
        for (; link != 0 && length <= most; link = NextOf(link))
            length++;
        return length;
    }

    private void Link(ref Interval interval, int number)
    {
        ulong first = interval.Start >> PageShift, last = LastPage(interval);
        ref int head = ref _buckets[BucketOf(first)];
        interval.NextOfFirst = head;
        head = number << 1;
        if (first == last)
            return;
        head = ref _buckets[BucketOf(last)];
        interval.NextOfLast = head;
        head = number << 1 | 1;
    }

    /// <summary>
    /// Later starts first; of those that begin alike the newer ones, as they stand in the chain of their page. Pages come in order already,
    /// so that what moves does not move far.
    /// </summary>
    private void SortHits(Span<int> hits)
    {
        for (int i = 1; i < hits.Length; i++)
        {
            int number = hits[i], at = i;
            ulong start = _intervals[number].Start;
            for (; at > 0 && _intervals[hits[at - 1]].Start < start; at--)
                hits[at] = hits[at - 1];
            hits[at] = number;
        }
    }

    /// <summary>Twice as many buckets. Chains keep their order.</summary>
    private void Grow()
    {
        int[] old = _buckets;
        _buckets = new int[old.Length * 2];
        _shift--;
        foreach (int head in old)
        {
            int reversed = 0; // the oldest first, for linking puts the newest in front
            for (int link = head; link != 0;)
            {
                int next = NextOf(link);
                NextOf(link) = reversed;
                (reversed, link) = (link, next);
            }

            for (int link = reversed; link != 0;)
            {
                ref readonly Interval interval = ref _intervals[link >> 1];
                ref int bucket = ref _buckets[BucketOf((link & 1) == 0 ? interval.Start >> PageShift : LastPage(interval))];
                int next = NextOf(link);
                NextOf(link) = bucket;
                (bucket, link) = (link, next);
            }
        }
    }

    private SortedIntervals Sort()
    {
        var sorted = new SortedIntervals(most);
        List<int> chain = [];
        foreach (int head in _buckets)
        {
            // Of those that begin alike the newest comes last, so a chain is gone through from its end.
            chain.Clear();
            for (int link = head; link != 0; link = NextOf(link))
            {
                if ((link & 1) == 0)
                    chain.Add(link >> 1);
            }

            for (int i = chain.Count - 1; i >= 0; i--)
            {
                ref readonly Interval interval = ref _intervals[chain[i]];
                sorted.Insert(interval.Start, interval.End, interval.Value);
            }
        }

        return sorted;
    }
}
