using Handoff.Tracing.Replay;

namespace Handoff.Tracing.Tests.Replay;

public sealed class SearchCostTests
{
    [Fact]
    public void Arithmetic_agrees_with_the_walk()
    {
        var random = new Random(7);
        for (int round = 0; round < 50_000; round++)
        {
            int areaSlots = 128 * random.Next(1, 4), areaStart = areaSlots * random.Next(3);
            uint[] masks = [0, 0, 0xfff, 0x1ff, 0x7ff, 0xffff, 0x1fff, 0x1000];
            uint mask = masks[random.Next(masks.Length)];
            ulong original = random.Next(20) == 0 ? 0 : 0x1_0000_0000 + (ulong)random.Next();
            ulong table = 0x7000_0000UL + ((ulong)random.Next(64) << 11) + (random.Next(10) == 0 ? 512UL : 0);
            ulong size = (ulong)random.Next(1, 20_000);
            var cost = new SearchCost(table, original, size, mask, random.Next(4) == 0 ? ulong.MaxValue : 4096);
            int index = random.Next(areaSlots);
            Assert.Equal(cost.Walk(areaStart, areaSlots, index, -1), cost.Steps(areaStart, areaSlots, index, -1));

            // Every slot at which a search may stop: those that the walk looks at and finds well placed.
            int found = random.Next(areaSlots);
            long walked = cost.Walk(areaStart, areaSlots, index, found);
            if (walked < cost.Walk(areaStart, areaSlots, index, -1))
                Assert.Equal(walked, cost.Steps(areaStart, areaSlots, index, found));
        }
    }
}
