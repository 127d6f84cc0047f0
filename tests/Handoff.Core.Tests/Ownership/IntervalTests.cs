using CsCheck;
using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

public sealed class IntervalTests
{
    private static readonly Gen<(bool Add, int Start, int Size, int Which)> GenStep =
        Gen.Select(Gen.Bool, Gen.Int[0, 400], Gen.OneOf(Gen.Int[1, 5], Gen.Int[1, 200]), Gen.Int[0, 1000]);

    /// <summary>One long buffer over very many short ones: sorting what was found must not take the square of its number.</summary>
    [Fact]
    public void ManyHitsOfOneQuestionComeInOrder()
    {
        const int count = 300_000;
        var intervals = new PageIntervals();
        for (int i = 0; i < count; i++)
            intervals.Insert((ulong)i << 12, ((ulong)i << 12) + 4096, i);
        var found = new List<int>();
        intervals.Overlapping(0, (ulong)count << 12, found);
        Assert.Equal(Enumerable.Range(0, count).Reverse(), found);
    }

    [Fact]
    public void SortedIntervalsAgreeWithAPlainList() => GenStep.Array[1, 400].Sample(
        steps =>
        {
            var fast = new SortedIntervals();
            var plain = new List<(ulong Start, ulong End, int Value)>();
            var found = new List<int>();
            for (int i = 0; i < steps.Length; i++)
            {
                (bool add, int start, int size, int which) = steps[i];
                if (add || which % 3 == 0 || plain.Count == 0)
                {
                    fast.Insert((ulong)start, (ulong)(start + size), i);
                    plain.Add(((ulong)start, (ulong)(start + size), i));
                }
                else
                {
                    (ulong s, _, int value) = plain[which % plain.Count];
                    Assert.True(fast.Remove(s, value));
                    Assert.False(fast.Remove(s, value));
                    plain.RemoveAt(which % plain.Count);
                }

                found.Clear();
                fast.Overlapping((ulong)start, (ulong)(start + size), found);
                Assert.Equal(plain.Where(p => p.Start < (ulong)(start + size) && p.End > (ulong)start).Select(p => p.Value).Order(), found.Order());
                Assert.Equal(plain.Count, fast.Count);
            }

            Assert.Equal(plain.OrderBy(p => p.Start).Select(p => p.Start), fast.Values().Select(v => plain.Single(p => p.Value == v).Start));
        },
        iter: 200,
        threads: 1);

    /// <summary>The order of what is found counts too: of two mappings in one's way, the first one found is named.</summary>
    [Fact]
    public void PageIntervalsAgreeWithSortedOnes() => Gen.Select(
        Gen.Bool,
        Gen.Frequency((4, Gen.Int[0, 20_000]), (1, Gen.Const(4096))),
        Gen.Frequency((3, Gen.Int[0, 64]), (3, Gen.Int[0, 4096]), (1, Gen.Const(4096))),
        Gen.Frequency((8, Gen.Int[1, 9000]), (1, Gen.Int[0, 600_000]), (1, Gen.Int[0, 100_000_000])),
        Gen.Int[0, 1000]).Array[1, 500].Sample(
        steps =>
        {
            var pages = new PageIntervals();
            var sorted = new SortedIntervals();
            var live = new List<(ulong Start, int Value)>();
            List<int> found = [], expected = [];
            for (int i = 0; i < steps.Length; i++)
            {
                (bool add, int start, int size, int asked, int which) = steps[i];
                if (add || which % 3 == 0 || live.Count == 0)
                {
                    pages.Insert((ulong)start, (ulong)(start + size), i);
                    sorted.Insert((ulong)start, (ulong)(start + size), i);
                    live.Add(((ulong)start, i));
                }
                else
                {
                    (ulong s, int value) = live[which % live.Count];
                    Assert.True(pages.Remove(s, value));
                    Assert.False(pages.Remove(s, value));
                    sorted.Remove(s, value);
                    live.RemoveAt(which % live.Count);
                }

                found.Clear();
                expected.Clear();
                pages.Overlapping((ulong)start, (ulong)(start + asked), found);
                sorted.Overlapping((ulong)start, (ulong)(start + asked), expected);
                Assert.Equal(expected, found);
                Assert.Equal(live.Count, pages.Count);
            }

            Assert.Equal(live.Select(each => each.Value).Order(), pages.Values().Order());
            pages.Clear();
            found.Clear();
            pages.Overlapping(0, ulong.MaxValue, found);
            Assert.Empty(found);
        },
        iter: 300,
        threads: 1);

    [Fact]
    public void MappingTablesAgreeWithAPlainList() => Gen.Select(Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 300], Gen.Int[0, 1000]).Array[1, 900].Sample(
        steps =>
        {
            var table = new MappingRecords();
            var plain = new List<(int Device, ulong Address, int Index)>();
            foreach ((bool add, int device, int place, int which) in steps)
            {
                ulong address = (ulong)place << 6;
                if (add || which % 4 == 0 || plain.Count == 0)
                {
                    int index = table.Take();
                    table[index].Begin(new MappingEvent { Device = device, Address = new(address) });
                    table.Add(index);
                    plain.Add((device, address, index));
                }
                else
                {
                    table.Remove(plain[which % plain.Count].Index);
                    plain.RemoveAt(which % plain.Count);
                }

                var same = new List<int>();
                for (int index = table.First(device, address); index >= 0; index = table.Next(index))
                    same.Add(index);
                Assert.Equal(plain.Where(p => p.Device == device && p.Address == address).Select(static p => p.Index).Reverse(), same);
                Assert.Equal(plain.Count, table.Count);
            }

            Assert.Equal(plain.Select(static p => p.Index).Order(), table.Numbers());
            table.Clear();
            Assert.Empty(table.Numbers());
            Assert.Equal(-1, table.First(0, 0));
        },
        iter: 200,
        threads: 1);

    [Fact]
    public void RangeSetsAgreeWithBits() => Gen.Select(Gen.Bool, Gen.Int[0, 30], Gen.Int[1, 12]).Array[1, 40].Sample(
        steps =>
        {
            var set = new RangeSet();
            var bits = new bool[64];
            foreach ((bool add, int start, int size) in steps)
            {
                if (add)
                    set.Add((ulong)start, (ulong)(start + size));
                else
                    set.Remove((ulong)start, (ulong)(start + size));
                Array.Fill(bits, add, start, size);
                for (int s = 0; s < 45; s += 3)
                {
                    for (int e = s + 1; e < 45; e += 4)
                    {
                        Assert.Equal(bits.AsSpan(s, e - s).IndexOf(false) < 0, set.Covers((ulong)s, (ulong)e));
                        Assert.Equal(bits.AsSpan(s, e - s).Contains(true), set.Touches((ulong)s, (ulong)e));
                    }
                }
            }
        },
        iter: 300,
        threads: 1);
}
