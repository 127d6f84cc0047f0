using System.Text.Json;

namespace Handoff.Cli.Tests.Formats;

/// <summary>
/// What the schema of SARIF 2.1.0 and its text demand of the parts that are written here: properties that an object may have and must have, words,
/// numbers, and indices that lead to what is named beside them.
/// </summary>
internal sealed class SarifChecker
{
    // Every property an object of the schema may have, as far as used; a ! marks what it must have.
    private static readonly Dictionary<string, string[]> Properties = new()
    {
        ["log"] = ["$schema", "!version", "!runs"],
        ["run"] = ["!tool", "invocations", "automationDetails", "columnKind", "artifacts", "results"],
        ["tool"] = ["!driver"],
        ["driver"] = ["!name", "semanticVersion", "rules"],
        ["rule"] = ["!id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
        ["multiformat"] = ["!text", "markdown"],
        ["configuration"] = ["level"],
        ["invocation"] = ["!executionSuccessful"],
        ["automationDetails"] = ["id"],
        ["artifact"] = ["location", "roles"],
        ["artifactLocation"] = ["uri", "index"],
        ["result"] = ["ruleId", "ruleIndex", "kind", "level", "!message", "locations", "partialFingerprints", "codeFlows", "suppressions", "properties"],
        ["message"] = ["text"],
        ["location"] = ["physicalLocation", "logicalLocations", "message"],
        ["physicalLocation"] = ["!artifactLocation", "region"],
        ["region"] = ["startLine", "startColumn", "endLine", "endColumn", "snippet"],
        ["artifactContent"] = ["text"],
        ["logicalLocation"] = ["name", "kind"],
        ["codeFlow"] = ["!threadFlows"],
        ["threadFlow"] = ["!locations"],
        ["threadFlowLocation"] = ["location", "executionOrder"],
        ["suppression"] = ["!kind", "justification", "location"],
    };

    private readonly List<JsonElement> _rules = [], _artifacts = [];
    private readonly HashSet<string> _fingerprints = [];

    /// <summary>Checks a document; fails the test with the place of the first mistake.</summary>
    /// <returns>The results.</returns>
    public static List<JsonElement> Check(string text)
    {
        var root = JsonDocument.Parse(text).RootElement;
        Object(root, "log");
        Assert.Equal("2.1.0", root.GetProperty("version").GetString());
        Assert.EndsWith("sarif-schema-2.1.0.json", root.GetProperty("$schema").GetString(), StringComparison.Ordinal);
        var run = Assert.Single(root.GetProperty("runs").EnumerateArray());
        return new SarifChecker().CheckRun(run);
    }

    private static void Object(JsonElement element, string type)
    {
        Assert.Equal(JsonValueKind.Object, element.ValueKind);
        string[] allowed = Properties[type];
        var names = element.EnumerateObject().Select(property => property.Name).ToList();
        Assert.Distinct(names);
        foreach (string name in names)
            Assert.True(allowed.Contains(name) || allowed.Contains("!" + name), $"{type} has no property {name}");
        foreach (string name in allowed.Where(name => name[0] == '!'))
            Assert.True(names.Contains(name[1..]), $"{type} lacks {name[1..]}");
    }

    private List<JsonElement> CheckRun(JsonElement run)
    {
        Object(run, "run");
        Object(run.GetProperty("tool"), "tool");
        var driver = run.GetProperty("tool").GetProperty("driver");
        Object(driver, "driver");
        Assert.Matches(@"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$", driver.GetProperty("semanticVersion").GetString());
        _rules.AddRange(driver.GetProperty("rules").EnumerateArray());
        Assert.Distinct(_rules.Select(rule => rule.GetProperty("id").GetString()));
        foreach (var rule in _rules)
        {
            Object(rule, "rule");
            foreach (string text in (string[])["shortDescription", "fullDescription", "help"])
            {
                Object(rule.GetProperty(text), "multiformat");
                Assert.NotEmpty(rule.GetProperty(text).GetProperty("text").GetString()!);
            }

            Object(rule.GetProperty("defaultConfiguration"), "configuration");
            Level(rule.GetProperty("defaultConfiguration").GetProperty("level"));
        }

        Assert.Single(run.GetProperty("invocations").EnumerateArray());
        Object(run.GetProperty("invocations")[0], "invocation");
        Object(run.GetProperty("automationDetails"), "automationDetails");
        Assert.Equal("utf16CodeUnits", run.GetProperty("columnKind").GetString());
        _artifacts.AddRange(run.GetProperty("artifacts").EnumerateArray());
        foreach (var artifact in _artifacts)
        {
            Object(artifact, "artifact");
            Object(artifact.GetProperty("location"), "artifactLocation");
            Assert.Equal(["analysisTarget"], artifact.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
        }

        var results = run.GetProperty("results").EnumerateArray().ToList();
        foreach (var result in results)
            Result(result);
        return results;
    }

    private void Result(JsonElement result)
    {
        Object(result, "result");
        int index = result.GetProperty("ruleIndex").GetInt32();
        Assert.InRange(index, 0, _rules.Count - 1);
        Assert.Equal(_rules[index].GetProperty("id").GetString(), result.GetProperty("ruleId").GetString());
        string kind = result.GetProperty("kind").GetString()!;
        Assert.Contains(kind, (string[])["fail", "open"]);
        Level(result.GetProperty("level"));
        Assert.Equal(kind == "open", result.GetProperty("level").GetString() == "none"); // 3.27.10: what is no failure has level none
        Message(result.GetProperty("message"));
        Location(Assert.Single(result.GetProperty("locations").EnumerateArray()));
        foreach (var print in result.GetProperty("partialFingerprints").EnumerateObject())
        {
            Assert.Matches("^[^/]+/v[1-9][0-9]*$", print.Name); // 3.27.17: a name and a version
            Assert.True(_fingerprints.Add(print.Value.GetString()!), "two results have one fingerprint");
        }

        foreach (var flow in Many(result, "codeFlows"))
        {
            Object(flow, "codeFlow");
            foreach (var thread in flow.GetProperty("threadFlows").EnumerateArray())
            {
                Object(thread, "threadFlow");
                Assert.NotEmpty(thread.GetProperty("locations").EnumerateArray());
                int before = 0;
                foreach (var step in thread.GetProperty("locations").EnumerateArray())
                {
                    Object(step, "threadFlowLocation");
                    Location(step.GetProperty("location"));
                    Assert.Equal(++before, step.GetProperty("executionOrder").GetInt32());
                }
            }
        }

        foreach (var suppression in Many(result, "suppressions"))
        {
            Object(suppression, "suppression");
            Assert.Equal("inSource", suppression.GetProperty("kind").GetString());
            Location(suppression.GetProperty("location"));
        }
    }

    private void Location(JsonElement location)
    {
        Object(location, "location");
        if (location.TryGetProperty("message", out var message))
            Message(message);
        foreach (var logical in Many(location, "logicalLocations"))
            Object(logical, "logicalLocation");
        if (!location.TryGetProperty("physicalLocation", out var physical))
            return;
        Object(physical, "physicalLocation");
        var artifact = physical.GetProperty("artifactLocation");
        Object(artifact, "artifactLocation");
        string uri = artifact.GetProperty("uri").GetString()!;
        Assert.Matches("^([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+$", uri); // RFC 3986
        int index = artifact.GetProperty("index").GetInt32();
        Assert.InRange(index, 0, _artifacts.Count - 1);
        Assert.Equal(_artifacts[index].GetProperty("location").GetProperty("uri").GetString(), uri);
        if (!physical.TryGetProperty("region", out var region))
            return;
        Object(region, "region");
        var start = (region.GetProperty("startLine").GetInt32(), region.GetProperty("startColumn").GetInt32());
        var end = (region.GetProperty("endLine").GetInt32(), region.GetProperty("endColumn").GetInt32());
        Assert.InRange(start.Item1, 1, int.MaxValue);
        Assert.InRange(start.Item2, 1, int.MaxValue);
        Assert.True(start.CompareTo(end) <= 0, $"{start} is after {end}");
        if (region.TryGetProperty("snippet", out var snippet))
            Object(snippet, "artifactContent");
    }

    private static IEnumerable<JsonElement> Many(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var array))
            return [];
        Assert.NotEmpty(array.EnumerateArray());
        return array.EnumerateArray();
    }

    private static void Message(JsonElement message)
    {
        Object(message, "message");
        Assert.NotEmpty(message.GetProperty("text").GetString()!);
    }

    private static void Level(JsonElement level) => Assert.Contains(level.GetString(), (string[])["none", "note", "warning", "error"]);
}
