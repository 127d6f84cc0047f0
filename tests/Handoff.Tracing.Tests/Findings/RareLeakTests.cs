using Handoff.Tracing.Findings;

namespace Handoff.Tracing.Tests.Findings;

/// <summary>A mapping that is forgotten now and then, beside a ring that is held for good, and a ring that is refilled slowly, which forgets nothing.</summary>
public sealed class RareLeakTests
{
    private const string Device = "0000:03:00.0";
    private const int Ring = 64;

    [Theory]
    [InlineData(100, 0, 60)] // one of a hundred, from the beginning on
    [InlineData(100, 2_900, 31)] // too few yet
    [InlineData(20, 3_600, 120)] // from the middle on
    [InlineData(int.MaxValue, 0, 0)]
    public void An_error_path_that_forgets_the_unmap_is_possibly_a_leak(int forgetEach, int since, int forgotten)
    {
        var text = new TraceText();
        FillRing(text, 0x2000_0000);
        int left = 0;
        for (int i = 1; i <= 6_000; i++)
        {
            text.Time += 1_000;
            ulong page = 0x4000_0000 + ((ulong)i << 12);
            text.Map(Device, page, page, 4096, "TO_DEVICE");
            if (i > since && i % forgetEach == 0)
                left++;
            else
                text.Unmap(Device, page, 4096, "TO_DEVICE");
        }

        // At the end the ring goes, as at every stop of a driver, so that fewer mappings live than before.
        for (int i = 0; i < Ring; i++)
            text.Unmap(Device, 0x2000_0000 + ((ulong)i << 12), 4096);
        Assert.Equal(forgotten, left);
        TraceFinding? leak = Leak(text);
        Assert.Equal(forgotten >= 32, leak is not null);
        if (leak is not null)
        {
            Assert.Equal((Confidence.Possible, (long)forgotten, false), (leak.Confidence, leak.Count, leak.IsWrong));
            Assert.Contains($"the device's {6_000 - forgotten:N0} other mappings TO_DEVICE ended within", leak.Why[1], StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(10)] // the ring does not come round once
    [InlineData(70)]
    [InlineData(400)]
    public void A_ring_that_is_refilled_slowly_beside_much_that_is_sent_is_none(int received)
    {
        var text = new TraceText();
        ulong at = 0x2000_0000, oldest = at;
        FillRing(text, at);
        at += Ring << 12;
        for (int i = 1; i <= 6_000; i++)
        {
            text.Time += 1_000;
            ulong page = 0x4000_0000 + ((ulong)i << 12);
            text.Map(Device, page, page, 4096, "TO_DEVICE").Unmap(Device, page, 4096, "TO_DEVICE");
            if (i % (6_000 / received) != 0)
                continue;
            text.Unmap(Device, oldest, 4096).Map(Device, at, at, 4096);
            (oldest, at) = (oldest + 4096, at + 4096);
        }

        Assert.Null(Leak(text));
    }

    private static void FillRing(TraceText text, ulong at)
    {
        for (int i = 0; i < Ring; i++)
            text.Map(Device, at + ((ulong)i << 12), at + ((ulong)i << 12), 4096);
    }

    private static TraceFinding? Leak(TraceText text) =>
        TraceFindings.Find(Analyses.OfText(text.ToString())).FirstOrDefault(static f => f.Kind is TraceFindingKind.Leak or TraceFindingKind.Stranded);
}
