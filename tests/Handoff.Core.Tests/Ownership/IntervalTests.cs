using CsCheck;
using Handoff.Ownership;

namespace Handoff.Core.Tests.Ownership;

public sealed class IntervalTests
{
    private static readonly Gen<(bool Add, int Start, int Size, int Which)> GenStep =
        Gen.Select(Gen.Bool, Gen.Int[0, 400], Gen.OneOf(Gen.Int[1, 5], Gen.Int[1, 200]), Gen.Int[0, 1000]);

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
