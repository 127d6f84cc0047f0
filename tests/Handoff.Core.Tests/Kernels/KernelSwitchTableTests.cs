using System.Reflection;
using Handoff.Kernels;

namespace Handoff.Core.Tests.Kernels;

public sealed class KernelSwitchTableTests
{
    [Fact]
    public void EveryPropertyHasExactlyOneSwitch()
    {
        var set = new Dictionary<string, string>();
        foreach (KernelSwitch each in KernelSwitchTable.All)
        {
            foreach (KernelSwitchValue value in each.Values)
            {
                KernelSwitches changed = each.With(new KernelSwitches(), value.Name)!;
                Assert.Equal(value, each.ValueIn(changed));
                foreach (PropertyInfo property in typeof(KernelSwitches).GetProperties())
                {
                    if (!Equals(property.GetValue(changed), property.GetValue(new KernelSwitches())))
                        Assert.Equal(each.Name, set.TryAdd(property.Name, each.Name) ? each.Name : set[property.Name]);
                }
            }
        }

        Assert.Equal(typeof(KernelSwitches).GetProperties().Select(p => p.Name).Order(), set.Keys.Order());
        Assert.Equal(KernelSwitchTable.All.Length, set.Values.Distinct().Count());
    }

    [Fact]
    public void EveryValueOfEveryEnumerationHasAName()
    {
        foreach (PropertyInfo property in typeof(KernelSwitches).GetProperties().Where(p => p.PropertyType.IsEnum))
        {
            int values = Enum.GetValuesAsUnderlyingType(property.PropertyType).Length;
            Assert.Contains(KernelSwitchTable.All, s => s.Values.Length == values
                && !Equals(property.GetValue(s.With(new KernelSwitches(), s.Values[0].Name)), property.GetValue(s.With(new KernelSwitches(), s.Values[^1].Name))));
        }
    }

    [Fact]
    public void NamesAreUniqueAndDescribed()
    {
        Assert.Equal(KernelSwitchTable.All.Length, KernelSwitchTable.All.Select(s => s.Name).Distinct().Count());
        foreach (KernelSwitch each in KernelSwitchTable.All)
        {
            Assert.Matches("^[a-z0-9_]+$", each.Name);
            Assert.NotEmpty(each.Description);
            Assert.NotEmpty(each.History);
            Assert.Equal(each.Values.Length, each.Values.Select(v => v.Name).Distinct().Count());
            Assert.Null(each.With(new KernelSwitches(), "no such value"));
            Assert.Same(each, KernelSwitchTable.Find(each.Name));
        }

        Assert.Equal("map_key", KernelSwitchTable.Find("mmio-attr")!.Name);
        Assert.Null(KernelSwitchTable.Find("colour"));
    }

    [Fact]
    public void ComparisonListsWhatDiffers()
    {
        string Differences(string left, string right) =>
            string.Join("; ", KernelSwitchTable.Compare(KernelProfiles.Find(left)!.Switches, KernelProfiles.Find(right)!.Switches));

        Assert.Equal("", Differences("linux-6.5", "linux-6.6"));
        Assert.Equal("slot_copy_in_at_map: unless-overwrite → always", Differences("linux-5.17", "linux-5.18"));
        Assert.Equal("kmalloc_bounce: no → yes; sg_swiotlb_flag: none → iommu-only", Differences("linux-6.4", "linux-6.5"));
        Assert.Equal(
            "partial_sync: offset-aware → negative-offset; alloc_align_mask: exists → padding-slots; page_align_big_bounce: no → yes",
            Differences("linux-6.8", "linux-6.9"));
        Assert.Equal(
            "udmabuf_skips_sync: no → yes; debug_checks: overlap → overlap-muted-by-bouncing; trace_schema: 6.12 → 6.12-stable",
            Differences("linux-6.12.0", "linux-6.12"));
        Assert.Equal("cc_shared: forced-devices-only → explicit", Differences("linux-7.2", "linux-7.3-rc"));
    }

    [Fact]
    public void NoTwoNeighboursOfAnyReleaseGoBackExceptTheRevertedFix()
    {
        foreach (KernelSwitch each in KernelSwitchTable.All.Where(s => s.Name is not ("page_align_big_bounce" or "udmabuf_skips_sync" or "debug_checks")))
        {
            int before = 0;
            foreach (KernelProfile release in KernelProfiles.Releases.Where(r => r.Name != "linux-5.17-rc8"))
            {
                int now = each.Values.IndexOf(each.ValueIn(release.Switches));
                Assert.True(now >= before, $"{each.Name} goes back in {release.Name}");
                before = now;
            }
        }
    }

    [Fact]
    public void PrintsOneLinePerSwitch()
    {
        string[] lines = KernelSwitchTable.Print(new KernelSwitches()).TrimEnd('\n').Split('\n');
        Assert.Equal(KernelSwitchTable.All.Length, lines.Length);
        Assert.Matches("^slot_copy_in_at_map +=  ?always +# when", lines[0]);
    }
}
